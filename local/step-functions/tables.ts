/** The tables of this room in the house's one SQLite file. */
import type { DatabaseSync } from 'node:sqlite'

export function createTables(db: DatabaseSync): void {
  db.exec(`
    CREATE TABLE IF NOT EXISTS sfn_definition (hash TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS sfn_machine (
      name TEXT PRIMARY KEY, hash TEXT NOT NULL, created_at INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS sfn_execution (
      id INTEGER PRIMARY KEY AUTOINCREMENT, machine TEXT NOT NULL, name TEXT NOT NULL,
      hash TEXT NOT NULL, status TEXT NOT NULL, input TEXT NOT NULL, output TEXT, error TEXT,
      cause TEXT, started_at INTEGER NOT NULL, stopped_at INTEGER, deadline INTEGER,
      events INTEGER NOT NULL, UNIQUE (machine, name)
    );
    CREATE INDEX IF NOT EXISTS sfn_execution_deadline ON sfn_execution (deadline)
      WHERE status = 'RUNNING' AND deadline IS NOT NULL;
    CREATE INDEX IF NOT EXISTS sfn_execution_stopped ON sfn_execution (stopped_at)
      WHERE stopped_at IS NOT NULL;
    CREATE INDEX IF NOT EXISTS sfn_execution_machine ON sfn_execution (machine, id);
    CREATE TABLE IF NOT EXISTS sfn_frame (
      id INTEGER PRIMARY KEY AUTOINCREMENT, execution INTEGER NOT NULL, parent INTEGER,
      branch INTEGER NOT NULL, phase TEXT NOT NULL, due INTEGER, body TEXT NOT NULL
    );
    CREATE INDEX IF NOT EXISTS sfn_frame_execution ON sfn_frame (execution);
    CREATE INDEX IF NOT EXISTS sfn_frame_parent ON sfn_frame (parent, phase, branch)
      WHERE parent IS NOT NULL;
    CREATE INDEX IF NOT EXISTS sfn_frame_due ON sfn_frame (due) WHERE due IS NOT NULL;
    CREATE TABLE IF NOT EXISTS sfn_token (
      token TEXT PRIMARY KEY, execution INTEGER NOT NULL, frame INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS sfn_token_execution ON sfn_token (execution);
    CREATE TABLE IF NOT EXISTS sfn_event (
      execution INTEGER NOT NULL, id INTEGER NOT NULL, type TEXT NOT NULL, at INTEGER NOT NULL,
      previous INTEGER NOT NULL, path TEXT NOT NULL, details TEXT NOT NULL,
      PRIMARY KEY (execution, id)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS sfn_outbox (
      id INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL, attempts INTEGER NOT NULL,
      due INTEGER NOT NULL
    );
  `)
}
