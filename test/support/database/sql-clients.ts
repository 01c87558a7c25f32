import type { StatementValue } from '../../../src/lib/ports/database-client.ts'

/** What differs among SQL engines where a client of theirs is tested. */
export interface SqlWords {
  /** Columns of a table, each with a value to store and, where it comes back otherwise, what comes back. */
  readonly columns: readonly (readonly [type: string, value: StatementValue, back?: StatementValue])[]
  /** The code of a key that is there already. */
  readonly duplicate: string
  /** Asks for the level of the transaction that the connection is in; null where there is one only. */
  readonly level: string | null
  /** A statement that takes longer than it is given, and its code. */
  readonly timeout: readonly [statements: readonly string[], code: string] | null
  /** Sleeps for five seconds. */
  readonly sleep: string | null
  /** The connection's number, as the server knows it, and a statement that kills it. */
  readonly kill: readonly [id: string, kill: (id: number) => string] | null
  readonly deadlock: string | null
  /** Settings that end the waiting for a lock, and the code of that. */
  readonly lockTimeout: readonly [setting: string, code: string] | null
  /** The code for a row that changed since the transaction read it; null where the later one wins. */
  readonly changed: string | null
  readonly writeInReadOnly: string
  /** A statement with 20,000 rows of numbers from 1 on, and one row of a million letters. */
  readonly rows: string
  readonly longText: string
}

const text = 'grüße 😀 \'"\\ ? $1 \n'
const bytes = new Uint8Array([0, 1, 39, 92, 254, 255])

const ofMysql = {
  columns: [
    ['tinyint', -128],
    ['smallint unsigned', 65_535],
    ['mediumint', -8_388_608],
    ['int unsigned', 4_294_967_295],
    ['bigint', Number.MAX_SAFE_INTEGER],
    ['bigint', '-9223372036854775808'],
    ['bigint unsigned', '18446744073709551615'],
    ['boolean', true, 1],
    ['float', 0.1],
    ['double', -1.25e300],
    ['decimal(30, 10)', '12345678901234567890.0123456789'],
    ['varchar(100)', text],
    ['longtext', text.repeat(1000)],
    ['blob', bytes],
    ['varbinary(10)', bytes],
    ['bit(12)', new Uint8Array([15, 255])],
    ['date', '2026-02-28'],
    ['datetime(3)', '2026-02-28 23:59:59.120'],
    ['datetime', '0001-01-01 00:00:00'],
    ['timestamp(6) null', '2026-02-28 23:59:59.123456'],
    ['time(2)', '-838:59:58.50'],
    ['year', 2026],
    ["enum('a', 'b')", 'b'],
    ['json', '{"a": [1, null]}'],
    ['int', null],
  ],
  duplicate: '1062 ER_DUP_ENTRY',
  sleep: 'select sleep(5)',
  kill: ['select connection_id() as id', (id: number) => `kill ${id}`],
  deadlock: '1213 ER_LOCK_DEADLOCK',
  lockTimeout: ['set innodb_lock_wait_timeout = 1', '1205 ER_LOCK_WAIT_TIMEOUT'],
  changed: null,
  writeInReadOnly: '1792 ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION',
  rows: 'with recursive n (i) as (select 1 union all select i + 1 from n where i < 20000) select i from n',
  longText: "select repeat('ä', 1000000) as t",
} satisfies Partial<SqlWords>

const ofMysql8: SqlWords = {
  ...ofMysql,
  level: 'select lower(@@session.transaction_isolation) as level',
  rows: ofMysql.rows.replace('select i from n', 'select /*+ SET_VAR(cte_max_recursion_depth = 20000) */ i from n'),
  timeout: [
    ['select /*+ MAX_EXECUTION_TIME(50) */ count(*) from information_schema.columns a, information_schema.columns b'],
    '3024 ER_QUERY_TIMEOUT',
  ],
}

const ofMariadb: SqlWords = {
  ...ofMysql,
  level: 'select lower(@@session.tx_isolation) as level',
  rows: 'select seq as i from seq_1_to_20000',
  timeout: [['set max_statement_time = 0.05', 'select sleep(5)'], '1969 ER_STATEMENT_TIMEOUT'],
}

const ofPostgres: SqlWords = {
  columns: [
    ['smallint', -32_768],
    ['integer', 2_147_483_647],
    ['bigint', Number.MIN_SAFE_INTEGER],
    ['bigint', '9223372036854775807'],
    ['boolean', true],
    ['boolean', false],
    ['real', 0.1],
    ['double precision', -1.25e300],
    ['numeric', '12345678901234567890.0123456789'],
    ['text', text],
    ['text', text.repeat(1000)],
    ['varchar(100)', ''],
    ['bytea', bytes],
    ['bytea', new Uint8Array()],
    ['date', '2026-02-28'],
    ['timestamp', '2026-02-28 23:59:59.123456'],
    ['timestamptz', '2026-02-28 23:59:59.1+00'],
    ['time', '23:59:59.12'],
    ['uuid', '01890a5d-ac96-774b-bcce-b302099a8057'],
    ['json', '{"a" :  [1, null]}'],
    ['jsonb', '{"a" :  [1, null]}', '{"a": [1, null]}'],
    ['integer[]', '{1,NULL,3}'],
    ['integer', null],
  ],
  duplicate: '23505 unique_violation',
  level: `select replace(current_setting('transaction_isolation'), ' ', '-') as level`,
  timeout: [["set statement_timeout = '50ms'", 'select pg_sleep(5)'], '57014 query_canceled'],
  sleep: 'select pg_sleep(5)',
  kill: ['select pg_backend_pid() as id', (id) => `select pg_terminate_backend(${id})`],
  deadlock: '40P01 deadlock_detected',
  lockTimeout: ["set lock_timeout = '50ms'", '55P03 lock_not_available'],
  changed: '40001 serialization_failure',
  writeInReadOnly: '25006 read_only_sql_transaction',
  rows: 'select i from generate_series(1, 20000) i',
  longText: "select repeat('ä', 1000000) as t",
}

const ofSqlite: SqlWords = {
  columns: [
    ['integer', Number.MAX_SAFE_INTEGER],
    ['real', 0.1],
    ['text', text.repeat(1000)],
    ['blob', bytes],
    ['integer', true, 1],
    ['integer', null],
  ],
  duplicate: '1555 SQLITE_CONSTRAINT',
  level: null,
  timeout: null,
  sleep: null,
  kill: null,
  deadlock: null,
  lockTimeout: null,
  changed: null,
  writeInReadOnly: '8 SQLITE_READONLY',
  rows: 'with recursive n (i) as (select 1 union all select i + 1 from n where i < 20000) select i from n',
  longText: "select replace(hex(zeroblob(500000)), '0', 'ä') as t",
}

/** By the names of the engines that tests run on. */
export const sqlWords: Readonly<Record<string, SqlWords>> = {
  sqlite: ofSqlite,
  mariadb: ofMariadb,
  mysql8: ofMysql8,
  postgres: ofPostgres,
  postgres17: ofPostgres,
}
