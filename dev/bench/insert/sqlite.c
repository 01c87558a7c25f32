/* cc -O2 sqlite.c -lsqlite3 -lpthread; TARGET is the file. */
#include "insert.h"
#include <sqlite3.h>

static void insert(void *given, struct row *row) {
  sqlite3_stmt *statement = given;
  sqlite3_bind_text(statement, 1, row->id, -1, SQLITE_STATIC);
  sqlite3_bind_text(statement, 2, row->ticket, -1, SQLITE_STATIC);
  sqlite3_bind_int64(statement, 3, row->slot);
  if (sqlite3_step(statement) != SQLITE_DONE) fail("insert", sqlite3_errmsg(sqlite3_db_handle(statement)));
  sqlite3_reset(statement);
}

static void *work_on(void *given) {
  struct work *work = given;
  sqlite3 *file;
  sqlite3_stmt *statement;
  if (sqlite3_open(work->target, &file)) fail("open", sqlite3_errmsg(file));
  const char *settings = "pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on; pragma busy_timeout = 5000";
  if (sqlite3_exec(file, settings, NULL, NULL, NULL)) fail("pragma", sqlite3_errmsg(file));
  const char *sql = "insert into reservations (id, ticket_id, schedule_id) values (?, ?, ?)";
  if (sqlite3_prepare_v2(file, sql, -1, &statement, NULL)) fail("prepare", sqlite3_errmsg(file));
  time_inserts(work, insert, statement);
  sqlite3_finalize(statement);
  sqlite3_close(file);
  return NULL;
}
