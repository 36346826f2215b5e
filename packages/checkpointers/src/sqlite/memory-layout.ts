/** The tables of memories: a step of the file's layout. Once it is released it is never changed, only added to. */

/**
 * Names are as `encodeNamespace` writes them: text without NUL, whose order is that of its bytes. `places` has a word for the
 * namespace and one for each above it, so that a search goes through its own namespace's words and no others. The index keeps
 * no text of its own; what is deleted is gone from it at once.
 */
export const MEMORY_LAYOUT: string = `
  CREATE TABLE memories (
    id INTEGER PRIMARY KEY,
    namespace TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    metadata TEXT NOT NULL,
    tags TEXT NOT NULL,
    places TEXT NOT NULL,
    terms TEXT NOT NULL,
    words INTEGER NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    expires_at INTEGER,
    vector_model TEXT,
    vector_size INTEGER,
    vector BLOB,
    UNIQUE (namespace, key)
  ) STRICT;
  CREATE INDEX memories_expiry ON memories (expires_at) WHERE expires_at IS NOT NULL;
  CREATE VIRTUAL TABLE memory_index USING fts5 (
    places, terms, content='memories', content_rowid='id', tokenize='ascii'
  );
  INSERT INTO memory_index (memory_index, rank) VALUES ('secure-delete', 1);
  CREATE TRIGGER memories_insert AFTER INSERT ON memories BEGIN
    INSERT INTO memory_index (rowid, places, terms) VALUES (new.id, new.places, new.terms);
  END;
  CREATE TRIGGER memories_delete AFTER DELETE ON memories BEGIN
    INSERT INTO memory_index (memory_index, rowid, places, terms)
      VALUES ('delete', old.id, old.places, old.terms);
  END;
  CREATE TRIGGER memories_update AFTER UPDATE OF places, terms ON memories WHEN old.terms <> new.terms BEGIN
    INSERT INTO memory_index (memory_index, rowid, places, terms)
      VALUES ('delete', old.id, old.places, old.terms);
    INSERT INTO memory_index (rowid, places, terms) VALUES (new.id, new.places, new.terms);
  END;
`;
