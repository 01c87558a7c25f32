import { readFileSync } from 'node:fs'
import { MongoClient } from 'mongodb'
import { describe, expect, it } from 'vitest'
import { mongoParameters } from '../../../../src/lib/adapters/databases/mongodb/url.ts'
import { mysqlParameters } from '../../../../src/lib/adapters/databases/mysql/url.ts'
import { postgresParameters } from '../../../../src/lib/adapters/databases/postgres/url.ts'
import { redisParameters } from '../../../../src/lib/adapters/databases/redis/url.ts'
import { sqliteParameters } from '../../../../src/lib/adapters/databases/sqlite/url.ts'
import { parameterRows } from '../../../../src/lib/adapters/databases/url-parameters.ts'

const text = readFileSync(new URL('../../../../docs/databases.md', import.meta.url), 'utf8')

/** A section without the padding of its tables. */
function sectionOf(engine: string): string {
  const section = text.split(/^(?=## )/m).find((part) => part.startsWith(`## ${engine}\n`)) ?? ''
  return section.replaceAll(/ +\|/g, ' |').replaceAll(/\| +/g, '| ')
}

describe('docs/databases.md', () => {
  it.each([
    ['SQLite', sqliteParameters],
    ['MySQL and MariaDB', mysqlParameters],
    ['PostgreSQL', postgresParameters],
    ['MongoDB', mongoParameters],
    ['Redis', redisParameters],
  ])('has each parameter of %s, and no other', (engine, table) => {
    const rows = sectionOf(engine)
      .split('\n')
      .filter((line) => line.startsWith('| `'))
    expect(rows).toEqual(parameterRows(table))
  })
})

describe('parameters of MongoDB', () => {
  const values: Readonly<Record<string, string>> = {
    authMechanism: 'PLAIN',
    authMechanismProperties: 'SERVICE_NAME:x',
    readPreference: 'primary',
    readConcernLevel: 'local',
    compressors: 'zlib',
    serverMonitoringMode: 'auto',
    srvServiceName: 'mongodb',
    timeoutMS: '1000',
    heartbeatFrequencyMS: '1000',
    maxPoolSize: '5',
    minPoolSize: '1',
  }

  // Others need a second parameter beside them, or a server.
  const alone = Object.keys(mongoParameters).filter((name) => !/^(tls.|srv|loadBalanced|proxy|auth)/.test(name))

  it.each(alone)('%s is one of the driver', (name) => {
    const allowed: string = mongoParameters[name as keyof typeof mongoParameters].allowed
    const value = values[name] ?? (allowed.startsWith('true') ? 'true' : /^(appName|replicaSet)/.test(name) ? 'x' : '1')
    expect(() => new MongoClient(`mongodb://h/x?${name}=${value}`)).not.toThrow()
  })
})
