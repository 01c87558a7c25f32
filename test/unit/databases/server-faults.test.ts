import { describe, expect, it } from 'vitest'
import { translateMysqlError } from '../../../src/lib/databases/mysql/errors.ts'
import { translatePostgresError } from '../../../src/lib/databases/postgres/errors.ts'

const fault = (code: string) => Object.assign(new Error('what the server said'), { code })

describe('what a server says no with', () => {
  it.each([
    ['ER_CON_COUNT_ERROR', 'connections-exhausted', 'max_connections'],
    ['ER_USER_LIMIT_REACHED', 'connections-exhausted', '--connections'],
    ['ER_TABLEACCESS_DENIED_ERROR', 'right-missing', 'docs/databases.md'],
    ['ER_QUERY_TIMEOUT', 'statement-timeout', 'max_execution_time'],
    ['ER_STATEMENT_TIMEOUT', 'statement-timeout', 'max_statement_time'],
    ['ER_NET_PACKET_TOO_LARGE', 'packet-too-large', 'max_allowed_packet'],
    ['ER_FK_CANNOT_DROP_PARENT', 'tables-depended-on', 'Nothing was dropped'],
  ])('has a sentence of its own for MySQL: %s', (given, code, remedy) => {
    expect(translateMysqlError(fault(given), 'mysql://h/d')).toMatchObject({
      code,
      message: expect.stringContaining(remedy),
    })
  })

  it.each([
    ['53300', 'connections-exhausted', 'max_connections'],
    ['42501', 'right-missing', 'docs/databases.md'],
    ['57014', 'statement-timeout', 'statement_timeout'],
    ['2BP01', 'tables-depended-on', 'Nothing was dropped'],
  ])('has a sentence of its own for PostgreSQL: %s', (given, code, remedy) => {
    expect(translatePostgresError(fault(given), 'postgres://h/d')).toMatchObject({
      code,
      message: expect.stringContaining(remedy),
    })
  })
})
