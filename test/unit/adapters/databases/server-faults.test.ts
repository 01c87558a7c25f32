import * as fc from 'fast-check'
import { MongoServerError, MongoServerSelectionError, type TopologyDescription } from 'mongodb'
import { SimpleError } from 'redis'
import { describe, expect, it } from 'vitest'
import { translateMongoError } from '../../../../src/lib/adapters/databases/mongodb/errors.ts'
import { translateMysqlError } from '../../../../src/lib/adapters/databases/mysql/errors.ts'
import { translatePostgresError } from '../../../../src/lib/adapters/databases/postgres/errors.ts'
import { translateRedisError } from '../../../../src/lib/adapters/databases/redis/errors.ts'
import { translateSqliteError } from '../../../../src/lib/adapters/databases/sqlite/errors.ts'

const fault = (code: string) => Object.assign(new Error('what the server said'), { code })

describe('what a server says no with', () => {
  it.each([
    ['ER_CON_COUNT_ERROR', 'connections-exhausted', 'max_connections'],
    ['ER_USER_LIMIT_REACHED', 'connections-exhausted', '--connections'],
    ['ER_TABLEACCESS_DENIED_ERROR', 'right-missing', 'docs/databases.md'],
    ['ER_QUERY_TIMEOUT', 'statement-timeout', 'max_execution_time'],
    ['ER_NET_PACKET_TOO_LARGE', 'packet-too-large', 'max_allowed_packet'],
    ['ER_FK_CANNOT_DROP_PARENT', 'tables-depended-on', 'Nothing was dropped'],
    ['ER_USER_LIMIT_REACHED', 'connections-exhausted', 'two at the least'],
    ['ENOTDIR', 'database-unreachable', 'Is the server running'],
  ])('has a sentence of its own for MySQL: %s', (given, code, remedy) => {
    expect(translateMysqlError(fault(given), 'mysql://h/d')).toMatchObject({
      code,
      message: expect.stringContaining(remedy),
    })
  })

  it("knows MariaDB's own numbers, for which mysql2 has no names", () => {
    const error = Object.assign(new Error('max_statement_time exceeded'), { errno: 1969 })
    expect(translateMysqlError(error, 'mysql://h/d')).toMatchObject({ code: 'statement-timeout' })
  })

  it.each([
    ['53300', 'connections-exhausted', 'max_connections'],
    ['57P03', 'database-unreachable', 'Is the server running'],
    ['42501', 'right-missing', 'docs/databases.md'],
    ['57014', 'statement-timeout', 'statement_timeout'],
    ['2BP01', 'tables-depended-on', 'Nothing was dropped'],
    ['ENOTDIR', 'database-unreachable', 'Is the server running'],
  ])('has a sentence of its own for PostgreSQL: %s', (given, code, remedy) => {
    expect(translatePostgresError(fault(given), 'postgres://h/d')).toMatchObject({
      code,
      message: expect.stringContaining(remedy),
    })
  })
})

it('says of an account that takes no password what it takes', () => {
  const reason = "Access denied for user 'root'@'localhost'"
  const error = Object.assign(new Error(reason), { code: 'ER_ACCESS_DENIED_NO_PASSWORD_ERROR', errno: 1698 })
  expect(translateMysqlError(error, 'mysql://root@h/d')).toMatchObject({
    code: 'database-denied',
    message: expect.stringContaining(
      `${reason}; the account takes no password, but the Unix socket of its own machine (socketPath=)`,
    ),
  })
})

it('names what depends on a table of PostgreSQL', () => {
  const error = Object.assign(new Error('cannot drop table a because other objects depend on it'), {
    code: '2BP01',
    detail: 'view v depends on table a\nview w depends on table a',
  })
  expect(translatePostgresError(error, 'postgres://h/d')).toMatchObject({
    code: 'tables-depended-on',
    message: expect.stringContaining(
      'depend on it: view v depends on table a; view w depends on table a. Nothing was dropped',
    ),
  })
})

it.each([
  ['COPY FROM not supported with row-level security', '0A000'],
  ['new row violates row-level security policy for table "a"', '42501'],
])('names the right that policies of PostgreSQL ask for: %s', (reason, code) => {
  const error = Object.assign(new Error(reason), { code })
  expect(translatePostgresError(error, 'postgres://app@h/d', { sql: 'copy "a" from stdin' })).toMatchObject({
    code: 'right-missing',
    message: expect.stringMatching(/lacks the right BYPASSRLS, .*Grant it with "ALTER ROLE "app" BYPASSRLS"/),
  })
})

describe('a right that is missing is named, with what mends it', () => {
  const mysql = 'mysql://app:***@h:3306/bench'
  const postgres = 'postgres://app:***@one,two:5433/bench?sslmode=require'

  it.each([
    [
      "INSERT command denied to user 'app'@'10.0.0.1' for table `rushbench`.`shows`",
      'the right INSERT',
      "GRANT INSERT ON `rushbench`.* TO 'app'@'10.0.0.1'",
    ],
    // As MySQL 8 has it.
    [
      "SELECT, LOCK TABLES command denied to user 'app'@'%' for table 'shows'",
      'the right SELECT, LOCK TABLES',
      "GRANT SELECT, LOCK TABLES ON `bench`.* TO 'app'@'%'",
    ],
    [
      "REFERENCES command denied to user 'app'@'%' for table 'bench.shows'",
      'the right REFERENCES',
      "GRANT REFERENCES ON `bench`.* TO 'app'@'%'",
    ],
    [
      "TRIGGER command denied to user 'app'@'%' for table 'shows'",
      'the right TRIGGER',
      "GRANT TRIGGER ON `bench`.* TO 'app'@'%'",
    ],
    [
      "UPDATE command denied to user 'app'@'%' for column 'free' in table 'shows'",
      'the right UPDATE',
      "GRANT UPDATE ON `bench`.* TO 'app'@'%'",
    ],
  ])('MySQL: %s', (reason, right, grant) => {
    const error = Object.assign(new Error(reason), { code: 'ER_TABLEACCESS_DENIED_ERROR' })
    expect(translateMysqlError(error, mysql)).toMatchObject({
      code: 'right-missing',
      message: `The user of ${mysql} lacks ${right}: ${reason}. Grant it with "${grant}", or name another user; docs/databases.md lists the rights that each command needs.`,
    })
  })

  it('MySQL: the database that nothing may be done in is named, and no login is said to be refused', () => {
    const reason = "Access denied for user 'app'@'%' to database 'bench'"
    const error = Object.assign(new Error(reason), { code: 'ER_DBACCESS_DENIED_ERROR', errno: 1044 })
    expect(translateMysqlError(error, mysql)).toMatchObject({
      code: 'right-missing',
      message: expect.stringMatching(
        /lacks every right on the database bench, or there is none of that name: .*"GRANT ALL ON `bench`\.\* TO 'app'@'%'"/,
      ),
    })
    const login = Object.assign(new Error('Access denied for user'), { code: 'ER_ACCESS_DENIED_ERROR', errno: 1045 })
    expect(translateMysqlError(login, mysql)).toMatchObject({ code: 'database-denied' })
  })

  it.each([
    ['permission denied for table shows', 'insert into "shows" values ($1)', 'GRANT INSERT ON TABLE "shows" TO "app"'],
    ['permission denied for table shows', 'COPY "shows" FROM STDIN', 'GRANT INSERT ON TABLE "shows" TO "app"'],
    ['permission denied for table shows', 'update "shows" set x = 1', 'GRANT SELECT, UPDATE ON TABLE "shows" TO "app"'],
    ['permission denied for table shows', 'delete from "shows"', 'GRANT SELECT, DELETE ON TABLE "shows" TO "app"'],
    ['permission denied for table shows', 'select 1 from "shows"', 'GRANT SELECT ON TABLE "shows" TO "app"'],
    [
      'permission denied for table shows',
      'select 1\nfrom "shows" for update',
      'GRANT SELECT, UPDATE ON TABLE "shows" TO "app"',
    ],
    [
      'permission denied for table shows',
      'create table "seats" (id int references "shows" (id))',
      'GRANT REFERENCES ON TABLE "shows" TO "app"',
    ],
    [
      'permission denied for table shows',
      'create trigger t after insert on "shows"',
      'GRANT TRIGGER ON TABLE "shows" TO "app"',
    ],
    [
      'permission denied for schema public',
      'create table "shows" (id int)',
      'GRANT USAGE, CREATE ON SCHEMA "public" TO "app"',
    ],
    ['permission denied for schema other', 'select 1', 'GRANT USAGE ON SCHEMA "other" TO "app"'],
    ['permission denied for database "bench"', undefined, 'GRANT CONNECT ON DATABASE "bench" TO "app"'],
    ['must be owner of table shows', 'drop table "shows"', 'ALTER TABLE "shows" OWNER TO "app"'],
  ])('PostgreSQL: %s, to %s', (reason, sql, grant) => {
    const error = Object.assign(new Error(reason), { code: '42501' })
    expect(translatePostgresError(error, postgres, sql === undefined ? {} : { sql })).toMatchObject({
      code: 'right-missing',
      message: expect.stringContaining(`Grant it with "${grant}", or name another user`),
    })
  })

  it('PostgreSQL: without a statement where none is known', () => {
    const error = Object.assign(new Error('permission denied for function f'), { code: '42501' })
    expect(translatePostgresError(error, postgres)).toMatchObject({
      message: expect.stringContaining('lacks a right: permission denied for function f. Grant it, or name'),
    })
  })

  it.each([
    [
      13,
      'not authorized on bench to execute command { insert: "shows", ordered: false }',
      'the right to insert in bench',
    ],
    [8000, 'user is not allowed to do action [update] on [bench.shows]', 'the right to update in bench'],
  ])('MongoDB: %i %s', (code, message, right) => {
    expect(translateMongoError(new MongoServerError({ message, code }), 'mongodb://app:***@h/bench')).toMatchObject({
      code: 'right-missing',
      message: expect.stringContaining(
        `lacks ${right}: ${message}. Grant it with "db.grantRolesToUser("app", [{ role: "readWrite", db: "bench" }])"`,
      ),
    })
  })

  it('MongoDB: a login that is missing is no missing right', () => {
    const error = new MongoServerError({ message: 'Command find requires authentication', code: 13 })
    expect(translateMongoError(error, 'mongodb://h/bench')).toMatchObject({ code: 'database-denied' })
  })

  it.each([
    ["NOPERM User app has no permissions to run the 'hkeys' command", 'ACL SETUSER app +hkeys'],
    ["NOPERM this user has no permissions to run the 'eval' command or its subcommand", 'ACL SETUSER clerk +eval'],
    ['NOPERM No permissions to access a key', 'ACL SETUSER clerk ~rushbench:*'],
    ['DENIED the user may not use HSET', 'ACL SETUSER clerk +hset'],
    ["ERR The user executing the script can't run this command or subcommand", 'ACL SETUSER clerk +@read +@write'],
  ])('Redis: %s', (message, grant) => {
    expect(translateRedisError(new SimpleError(message), 'redis://clerk:***@h/1')).toMatchObject({
      code: 'right-missing',
      message: expect.stringContaining(`Grant it with "${grant}"`),
    })
  })

  it('Redis: protected mode is no missing right', () => {
    const error = new SimpleError('DENIED Redis is running in protected mode')
    expect(translateRedisError(error, 'redis://h/1')).toMatchObject({ code: 'database-denied' })
  })

  it('reads whatever a server says', () => {
    const urls = fc.oneof(fc.webUrl(), fc.string())
    fc.assert(
      fc.property(fc.string(), urls, fc.string(), (reason, url, sql) => {
        const denied = (code: string | number) => Object.assign(new Error(reason), { code })
        translateMysqlError(denied('ER_TABLEACCESS_DENIED_ERROR'), url)
        translatePostgresError(denied('42501'), url, { sql })
        translateMongoError(new MongoServerError({ message: reason, code: 13 }), url)
        translateRedisError(new SimpleError(`NOPERM ${reason}`), url)
      }),
    )
  })
})

describe('what Redis, MongoDB and SQLite say no with', () => {
  it.each([
    ['ERR max number of clients reached', 'connections-exhausted', 'raise its limit (maxclients)'],
    ["READONLY You can't write against a read only replica.", 'database-read-only', 'Name the primary'],
    ['NOREPLICAS Not enough good replicas to write.', 'database-read-only', 'try again when it takes writes'],
    ["OOM command not allowed when used memory > 'maxmemory'.", 'memory-full', 'raise its maxmemory'],
    [
      'MISCONF Errors writing to the AOF file: No space left on device',
      'server-cannot-save',
      'free space on its disk, or let it write to its folder',
    ],
    [
      'BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.',
      'database-busy',
      'a script keeps the server busy (BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE). End it with "SCRIPT KILL"',
    ],
  ])('%s', (message, code, remedy) => {
    expect(translateRedisError(new SimpleError(message), 'redis://h/1')).toMatchObject({
      code,
      message: expect.stringContaining(remedy),
    })
  })

  it.each([
    [10107, 'not primary', 'database-read-only', 'Name the primary'],
    [13435, 'not primary and secondaryOk=false', 'database-read-only', 'Name the primary'],
    [14031, 'available disk space of 400 MB is less than required minimum of 500 MB', 'disk-full', 'free some space'],
  ])('MongoDB: %i %s', (code, message, ours, remedy) => {
    expect(translateMongoError(new MongoServerError({ message, code }), 'mongodb://h/x')).toMatchObject({
      code: ours,
      message: expect.stringContaining(remedy),
    })
  })

  it('MongoDB: a server that is full hangs up without a word', () => {
    const closed = new MongoServerSelectionError(
      'connection <monitor> to 127.0.0.1:27017 closed',
      {} as TopologyDescription,
    )
    expect(translateMongoError(closed, 'mongodb://h/x')).toMatchObject({
      code: 'database-unreachable',
      message: expect.stringContaining('net.maxIncomingConnections'),
    })
    expect(translateMongoError(closed, 'mongodb://h/x?tls=true')).toMatchObject({
      message: expect.stringContaining('a server that does not speak TLS does just that'),
    })
  })

  const sqliteError = (errcode: number, message: string) => Object.assign(new Error(message), { errcode })
  it.each([
    [8, 'attempt to write a readonly database', 'file-read-only', 'Let this user write to the file, and to its folder'],
    [1544, 'attempt to write a readonly database', 'file-read-only', 'Let this user write to the file'],
    [1032, 'attempt to write a readonly database', 'file-read-only', 'run the command again'],
    [13, 'database or disk is full', 'disk-full', 'free some space'],
    [5, 'database is locked', 'database-busy', 'wait until they have ended'],
    [26, 'file is not a database', 'database-not-ours', 'Name another one'],
    [11, 'database disk image is malformed', 'file-damaged', 'Put back a copy of it'],
    [10, 'disk I/O error', 'file-unusable', 'look at the disk'],
    [778, 'disk I/O error', 'file-unusable', 'look at the disk'],
  ])('SQLite: %i %s', (code, message, ours, remedy) => {
    expect(translateSqliteError(sqliteError(code, message), 'sqlite:x.db')).toMatchObject({
      code: ours,
      message: expect.stringContaining(remedy),
    })
  })

  it('SQLite: a URL that opens a file only to be read is named as the reason', () => {
    const error = sqliteError(8, 'attempt to write a readonly database')
    expect(translateSqliteError(error, 'sqlite:x.db?mode=ro', { isReadOnly: true })).toMatchObject({
      code: 'file-read-only',
      message: expect.stringMatching(/its URL opens it only to be read\. Leave out mode=ro/),
    })
  })
})
