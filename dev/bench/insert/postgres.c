/* cc -O2 postgres.c -I$(pg_config --includedir) -lpq -lpthread; TARGET is the URL. */
#include "insert.h"
#include <libpq-fe.h>

static void insert(void *given, struct row *row) {
  char slot[24];
  snprintf(slot, sizeof slot, "%lld", row->slot);
  const char *values[] = {row->id, row->ticket, slot};
  PGresult *result = PQexecPrepared(given, "insert_row", 3, values, NULL, NULL, 0);
  if (PQresultStatus(result) != PGRES_COMMAND_OK) fail("insert", PQerrorMessage(given));
  PQclear(result);
}

static void *work_on(void *given) {
  struct work *work = given;
  PGconn *connection = PQconnectdb(work->target);
  if (PQstatus(connection) != CONNECTION_OK) fail("connect", PQerrorMessage(connection));
  const char *sql = "insert into reservations (id, ticket_id, schedule_id) values ($1, $2, $3)";
  PGresult *result = PQprepare(connection, "insert_row", sql, 3, NULL);
  if (PQresultStatus(result) != PGRES_COMMAND_OK) fail("prepare", PQerrorMessage(connection));
  PQclear(result);
  time_inserts(work, insert, connection);
  PQfinish(connection);
  return NULL;
}
