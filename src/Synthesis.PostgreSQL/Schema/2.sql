-- What is asked by those who only look at a run. What a run is: null in runs of before, until a process of this version works on it.
ALTER TABLE xllora.runs
  ADD COLUMN anchors bigint,
  ADD COLUMN total_rows bigint,
  ADD COLUMN shard_rows int,
  ADD COLUMN samples int,
  ADD COLUMN sides smallint[],
  ADD COLUMN max_attempts int,
  ADD COLUMN outputs_written timestamptz;

-- Who works on it. An id is a writer of answers or an owner of shards; a process has one of each. Seen is by the clock of the server.
CREATE TABLE xllora.workers (
  run int NOT NULL REFERENCES xllora.runs ON DELETE CASCADE,
  id uuid NOT NULL,
  process uuid NOT NULL,
  host text NOT NULL,
  task text,
  timeout interval,
  began timestamptz NOT NULL DEFAULT clock_timestamp(),
  seen timestamptz NOT NULL DEFAULT clock_timestamp(),
  ended boolean NOT NULL DEFAULT false,
  PRIMARY KEY (run, id)
);

-- In the order in which new answers are read: a page of them, and not all there are, is looked at.
DROP INDEX xllora.answers_by_tx;
CREATE INDEX answers_by_tx ON xllora.answers (run, tx, position);
