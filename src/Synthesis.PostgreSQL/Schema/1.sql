-- One row for each run; its name is what people call it, its id follows from the options, so that a run under other options is refused.
CREATE TABLE xllora.runs (
  run int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL UNIQUE,
  run_id text NOT NULL,
  shards int,
  next_position bigint NOT NULL DEFAULT 0,
  reopened int NOT NULL DEFAULT 0,
  created timestamptz NOT NULL DEFAULT now()
);

-- What answers were made with. The number is a hash of the facts, so that no process has to ask for one.
CREATE TABLE xllora.contexts (
  run int NOT NULL REFERENCES xllora.runs ON DELETE CASCADE,
  number int NOT NULL,
  facts jsonb NOT NULL,
  PRIMARY KEY (run, number)
);

-- Answers, and attempts that a retry has opened. Nothing is ever changed here. Texts are bytes, UTF-8, since a model may write U+0000, which no
-- column of text takes: convert_from(text, 'UTF8'). tx is the transaction that wrote the row: readers take what is new by it, since
-- positions are given out before they are committed.
CREATE TABLE xllora.answers (
  run int NOT NULL REFERENCES xllora.runs ON DELETE CASCADE,
  position bigint NOT NULL,
  tx xid8 NOT NULL DEFAULT pg_current_xact_id(),
  writer uuid NOT NULL,
  key bytea NOT NULL,
  side smallint NOT NULL,
  sample int NOT NULL,
  attempt int NOT NULL,
  is_retry boolean NOT NULL,
  context int NOT NULL,
  finish text NOT NULL,
  reason text,
  prompt_tokens int NOT NULL,
  tokens int NOT NULL,
  finished bigint NOT NULL,
  text bytea NOT NULL,
  raw_text bytea,
  repairs text NOT NULL,
  detail bytea,
  PRIMARY KEY (run, position)
);
CREATE INDEX answers_by_tx ON xllora.answers (run, tx);

-- Who has which shard, by the clock of the server alone; shard -1 is the writing of the outputs.
CREATE TABLE xllora.shards (
  run int NOT NULL REFERENCES xllora.runs ON DELETE CASCADE,
  shard int NOT NULL,
  owner uuid,
  expires timestamptz,
  done boolean NOT NULL DEFAULT false,
  tx xid8,
  PRIMARY KEY (run, shard)
) WITH (fillfactor = 70);
CREATE INDEX shards_to_do ON xllora.shards (run, shard) WHERE NOT done;
CREATE INDEX shards_done ON xllora.shards (run, tx) WHERE done;
