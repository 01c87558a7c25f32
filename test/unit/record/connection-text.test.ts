import { describe, expect, it } from 'vitest'
import { differencesOf } from '../../../src/lib/compare/differences.ts'
import { describeConnection } from '../../../src/lib/record/environment-record.ts'
import type { InsertBenchReport } from '../../../src/lib/record/record.ts'
import { savedReport } from '../../support/reports/fixtures.ts'
import { screenOf } from '../../support/reports/rendered.ts'

type Connection = NonNullable<InsertBenchReport['environment']['connection']>

const saved = savedReport('insert-bench', 'insert-bench-baseline.json')
const plainTcp: Connection = { transport: 'tcp', encrypted: false }
const verified: Connection = {
  transport: 'tcp',
  encrypted: true,
  protocol: 'TLSv1.3',
  verified: 'authority and host',
}
const by = (connection: Connection) => ({ ...saved, environment: { ...saved.environment, connection } })

describe('how a report says that the database was connected to', () => {
  it.each<[Connection, string]>([
    [plainTcp, 'TCP, not encrypted'],
    [{ ...plainTcp, pooled: true }, 'TCP, not encrypted, through a connection pooler'],
    [{ transport: 'unix socket', encrypted: false }, 'Unix socket, not encrypted'],
    [verified, 'TLSv1.3, certificate verified'],
    [{ ...verified, verified: 'authority' }, 'TLSv1.3, certificate verified, but not for which host'],
    [{ transport: 'tcp', encrypted: true, verified: 'none' }, 'TLS, certificate not verified'],
  ])('%j', (connection, text) => {
    expect(describeConnection(connection)).toBe(text)
    expect(screenOf(by(connection))).toContain(`\nconnection ${text}\n`)
  })

  it('says nothing where nothing is known', () => expect(screenOf(saved)).not.toContain('connection '))

  it('makes runs differ that were connected otherwise, but not from those that do not say it', () => {
    expect(differencesOf(by(plainTcp), by(verified))).toEqual([
      'connection: TCP, not encrypted and TLSv1.3, certificate verified',
    ])
    expect(differencesOf(saved, by(verified))).toEqual([])
  })
})
