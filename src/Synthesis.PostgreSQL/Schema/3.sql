-- The input, for workers that have no file of it: its rows by their index, and of the run what it is, null until all its rows are there.
-- Texts are bytes as those of answers are.
ALTER TABLE xllora.runs
  ADD COLUMN input_sha256 text,
  ADD COLUMN input_bytes bigint;

CREATE TABLE xllora.anchors (
  run int NOT NULL REFERENCES xllora.runs ON DELETE CASCADE,
  number bigint NOT NULL,
  text bytea NOT NULL,
  language text,
  PRIMARY KEY (run, number)
);
