/* cc -O2 mariadb.c $(mariadb_config --cflags --libs) -lpthread; TARGET is "host port user password database". */
#include "insert.h"
#include <mysql.h>

struct session {
  MYSQL_STMT *statement;
  MYSQL_BIND bind[3];
  unsigned long lengths[2];
};

static void insert(void *given, struct row *row) {
  struct session *session = given;
  session->bind[0].buffer = row->id;
  session->bind[1].buffer = row->ticket;
  session->bind[2].buffer = &row->slot;
  session->lengths[0] = strlen(row->id);
  session->lengths[1] = strlen(row->ticket);
  if (mysql_stmt_bind_param(session->statement, session->bind) || mysql_stmt_execute(session->statement))
    fail("insert", mysql_stmt_error(session->statement));
}

static void *work_on(void *given) {
  struct work *work = given;
  char host[256], user[64], password[64], database[64];
  int port;
  if (sscanf(work->target, "%255s %d %63s %63s %63s", host, &port, user, password, database) != 5) fail("target", "?");
  MYSQL *mysql = mysql_init(NULL);
  if (!mysql_real_connect(mysql, host, user, password, database, port, NULL, 0)) fail("connect", mysql_error(mysql));
  struct session session = {.statement = mysql_stmt_init(mysql)};
  const char *sql = "insert into reservations (id, ticket_id, schedule_id) values (?, ?, ?)";
  if (mysql_stmt_prepare(session.statement, sql, strlen(sql))) fail("prepare", mysql_stmt_error(session.statement));
  for (int i = 0; i < 2; i++) {
    session.bind[i].buffer_type = MYSQL_TYPE_STRING;
    session.bind[i].length = &session.lengths[i];
  }
  session.bind[2].buffer_type = MYSQL_TYPE_LONGLONG;
  time_inserts(work, insert, &session);
  return NULL;
}
