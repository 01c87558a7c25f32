import { MongoBulkWriteError, MongoNetworkError, MongoServerError, MongoWriteConcernError } from 'mongodb'
import { describe, expect, it } from 'vitest'
import { findMongoTransientError } from '../../../../src/lib/adapters/databases/mongodb/errors.ts'
import { findMysqlTransientError } from '../../../../src/lib/adapters/databases/mysql/errors.ts'
import { findPostgresTransientError } from '../../../../src/lib/adapters/databases/postgres/errors.ts'
import { waitedFor } from '../../../../src/lib/adapters/databases/errors.ts'

const mysqlError = (errno: number, message = 'it said so') => Object.assign(new Error(message), { errno })
const postgresError = (code: string, message = 'it said so') => Object.assign(new Error(message), { code })

describe('MySQL protocol', () => {
  it.each([
    [1213, 'Deadlock found when trying to get lock; try restarting transaction', 'conflict'],
    [1020, "Record has changed since last read in table 'schedules'", 'conflict'],
    [9007, 'Write conflict, txnStartTS=1, conflictStartTS=2', 'conflict'],
    [8005, 'Write Conflict, txnStartTS is stale', 'conflict'],
    [8022, 'Error: KV error safe to retry', 'conflict'],
    [8028, 'Information schema is changed during the execution of the statement', 'conflict'],
    [8002, '[2] can not retry select for update statement', 'conflict'],
    [1205, 'Lock wait timeout exceeded; try restarting transaction', 'locked'],
    [1040, 'Too many connections', 'full'],
    [1203, "User app already has more than 'max_user_connections' active connections", 'full'],
    [1226, "User 'app' has exceeded the 'max_user_connections' resource (current value: 1)", 'full'],
    [9001, 'PD server timeout', 'busy'],
    [9002, 'TiKV server timeout', 'busy'],
    [9003, 'TiKV server is busy', 'busy'],
    [9004, 'Resolve lock timeout', 'busy'],
    [9005, 'Region is unavailable', 'busy'],
    [1290, 'The MySQL server is running with the --read-only option so it cannot execute this statement', 'refused'],
    [1792, 'Cannot execute statement in a READ ONLY transaction.', 'refused'],
    [1836, 'Running in read-only mode', 'refused'],
    [1105, 'target: ks.-.primary: primary is not serving, there may be a reparent operation in progress', 'refused'],
    [1105, 'target: ks.-80.primary: no healthy tablet available for \'keyspace:"ks"\'', 'refused'],
    [1105, 'current keyspace is being resharded', 'refused'],
    [
      1317,
      'target: ks.-.primary: vttablet: rpc error: code = Aborted desc = transaction 1725: ended at 2026-01-01 (exceeded timeout: 30s)',
      'busy',
    ],
    [1047, 'WSREP has not yet prepared node for application use', 'refused'],
    [
      1180,
      'Error while appending streaming replication fragment(provider status: Not connected to Primary Component)',
      'busy',
    ],
  ])('%i %s', (errno, message, kind) => {
    const transientError = findMysqlTransientError(mysqlError(errno, message))
    expect(transientError?.kind).toBe(kind)
    // The report counts by it: it must not hold what differs from one time to the next.
    expect(transientError?.reason).toMatch(/^[A-Za-z ]+( \(\d{4}\))?$/)
  })

  it.each([
    [1062, 'Duplicate entry'],
    [1290, 'The MySQL server is running with the --secure-file-priv option so it cannot execute this statement'],
    [1105, 'unknown error'],
    [1047, 'Unknown command'],
    [1317, 'Query execution was interrupted'],
    [2013, 'Lost connection'],
    [1226, "User 'app' has exceeded the 'max_queries_per_hour' resource (current value: 1)"],
  ])('not %i %s', (errno, message) => {
    expect(findMysqlTransientError(mysqlError(errno, message))).toBeNull()
  })
})

describe('PostgreSQL protocol', () => {
  it.each([
    ['40001', 'could not serialize access due to concurrent update', 'conflict'],
    ['40001', 'restart transaction: TransactionRetryWithProtoRefreshError: WriteTooOldError', 'conflict'],
    ['40P01', 'canceling the transaction since it was involved in a distributed deadlock', 'conflict'],
    ['XX000', 'Query error: Restart read required at: { read: 1 }', 'conflict'],
    ['XX000', 'Operation expired: Transaction 0a0d expired or aborted by a conflict: 40001', 'conflict'],
    ['40003', 'result is ambiguous: error=rpc error', 'busy'],
    ['25006', 'cannot execute INSERT in a read-only transaction', 'refused'],
    ['55P03', 'canceling statement due to lock timeout', 'locked'],
    ['53300', 'sorry, too many clients already', 'full'],
    ['57P03', 'the database system is starting up', 'away'],
  ])('%s %s', (code, message, kind) => {
    expect(findPostgresTransientError(postgresError(code, message))?.kind).toBe(kind)
  })

  it.each([
    ['23505', 'duplicate key value violates unique constraint'],
    ['XX000', 'cache lookup failed'],
    ['57P01', 'terminating connection due to administrator command'],
    ['toString', 'what an object has anyway'],
  ])('not %s %s', (code, message) => {
    expect(findPostgresTransientError(postgresError(code, message))).toBeNull()
  })
})

describe('what is waited for after a transient error', () => {
  it.each([
    [findMysqlTransientError(mysqlError(1040)), 'a connection: the server has no free one (max_connections)'],
    [findMysqlTransientError(mysqlError(1203)), 'a connection: the server has no free one (max_user_connections)'],
    [findPostgresTransientError(postgresError('53300')), 'a connection: the server has no free one (max_connections)'],
    [
      findPostgresTransientError(postgresError('53300', 'too many connections for role "app"')),
      'a connection: the server has no free one (the limit of the role or database)',
    ],
    [findPostgresTransientError(postgresError('57P03')), 'the server, which is starting or recovering (57P03)'],
    [findPostgresTransientError(postgresError('25006')), 'the server, which takes no writes: read only (25006)'],
    [findPostgresTransientError(postgresError('55P03')), 'a lock'],
    [findMysqlTransientError(mysqlError(1213)), 'others to be out of the way: deadlock (1213)'],
  ])('%o: %s', (transientError, what) => {
    expect(transientError && waitedFor(transientError)).toBe(what)
  })
})

describe("MongoDB's protocol", () => {
  const server = (code: number, errorLabels: string[] = []) =>
    new MongoServerError({ message: 'it said so', code, errorLabels })

  it.each([
    [10107, 'refused'],
    [13435, 'refused'],
    [13436, 'refused'],
    [112, 'conflict'],
    [91, 'busy'],
    [189, 'busy'],
    [11600, 'busy'],
    [11602, 'busy'],
  ])('%i is %s', (code, kind) => {
    expect(findMongoTransientError(server(code))?.kind).toBe(kind)
  })

  it('believes the labels that the server gives', () => {
    expect(findMongoTransientError(server(251, ['TransientTransactionError']))?.kind).toBe('conflict')
    expect(findMongoTransientError(server(11602, ['RetryableWriteError', 'NoWritesPerformed']))?.kind).toBe('refused')
    expect(findMongoTransientError(server(11602, ['RetryableWriteError']))?.kind).toBe('busy')
  })

  it('takes a write for done that only a majority has not confirmed', () => {
    const error = new MongoWriteConcernError({ ok: 1, writeConcernError: { code: 10107, errmsg: 'not primary' } })
    expect(findMongoTransientError(error)?.kind).toBe('busy')
  })

  it('leaves alone what is stored in part, and a connection that broke', () => {
    const refused = { index: 0, code: 112, errmsg: 'WriteConflict', getOperation: () => ({}) }
    const bulk = new MongoBulkWriteError({ message: 'some', code: 112, writeErrors: refused as never }, {} as never)
    expect(findMongoTransientError(bulk)).toBeNull()
    const whole = (insertedCount: number) => new MongoBulkWriteError(server(10107), { insertedCount } as never)
    expect(findMongoTransientError(whole(0))?.kind).toBe('refused')
    expect(findMongoTransientError(whole(100_000))).toBeNull()
    expect(findMongoTransientError(new MongoNetworkError('connection closed'))).toBeNull()
    expect(findMongoTransientError(server(11000))).toBeNull()
  })
})
