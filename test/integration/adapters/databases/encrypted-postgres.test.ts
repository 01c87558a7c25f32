import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectDatabase, openPausable } from '../../../../src/lib/adapters/databases/registry.ts'
import { createAuthority } from '../../../support/certificate.ts'
import { startPrivateService } from '../../../support/private-service.ts'
import { show, shows } from '../../../support/database/tables.ts'
import { askMeasured } from '../../../support/database/measured.ts'
import type { ConnectionFacts } from '../../../../src/lib/ports/database-facts.ts'

const authority = createAuthority('postgres')
const stranger = createAuthority('postgres')
const hba = join(authority.folder, 'hba.conf')
writeFileSync(
  hba,
  `local all all scram-sha-256
hostssl certified all 127.0.0.1/32 scram-sha-256 clientcert=verify-ca
hostssl all all 127.0.0.1/32 scram-sha-256
`,
)
const { server, client, ca } = authority
const settings = {
  ssl: 'on',
  ssl_cert_file: server.cert,
  ssl_key_file: server.key,
  ssl_ca_file: ca,
  hba_file: hba,
  unix_socket_directories: authority.folder,
}
const options = Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`)
const service = await startPrivateService('postgres', options.join(' '))

afterAll(async () => {
  await service?.[Symbol.asyncDispose]()
  authority[Symbol.dispose]()
  stranger[Symbol.dispose]()
})

const encrypted: ConnectionFacts = { transport: 'tcp', encrypted: true, protocol: 'TLSv1.3', verified: 'none' }

describe.skipIf(service === null)('a PostgreSQL that takes encrypted connections alone', () => {
  const url = service?.url ?? ''
  const { port } = new URL(url || 'postgres://h')
  const withParameters = (parameters: string, base = url) => `${base}?${parameters}`
  const certified = url.replace(/\/rushbench$/, '/certified')

  async function ask(text: string): Promise<Record<string, unknown>[]> {
    const administrator = new Client({ connectionString: url, ssl: { rejectUnauthorized: false } })
    await administrator.connect()
    try {
      return (await administrator.query<Record<string, unknown>>(text)).rows
    } finally {
      await administrator.end()
    }
  }

  async function connectionOf(at: string): Promise<ConnectionFacts | undefined> {
    await using database = await connectDatabase(at, { poolSize: 1 })
    expect(await database.tables()).toEqual([])
    expect(await askMeasured(at)).toBe(database.engine.connection?.encrypted)
    return database.engine.connection
  }

  beforeAll(async () => {
    await ask('create database certified')
  })

  it.each([
    ['', 'none'],
    ['sslmode=allow', 'none'],
    ['sslmode=prefer', 'none'],
    ['sslmode=require', 'none'],
    [`sslmode=require&sslrootcert=${ca}`, 'authority'],
    [`sslmode=verify-ca&sslrootcert=${ca}`, 'authority'],
    [`sslmode=verify-ca&sslrootcert=${ca}&host=elsewhere.example&hostaddr=127.0.0.1`, 'authority'],
    [`sslmode=verify-full&sslrootcert=${ca}`, 'authority and host'],
  ] as const)('is reached with %j', async (parameters, verified) => {
    expect(await connectionOf(withParameters(parameters))).toEqual({ ...encrypted, verified })
  })

  it.each([
    ['sslmode=disable', 'database-denied', 'no encryption'],
    [`sslmode=require&sslrootcert=${stranger.ca}`, 'encryption-refused', 'certificate'],
    [`sslmode=verify-full&sslrootcert=${stranger.ca}`, 'encryption-refused', 'certificate'],
    [
      `sslmode=verify-full&sslrootcert=${ca}&host=elsewhere.example&hostaddr=127.0.0.1`,
      'encryption-refused',
      'elsewhere.example',
    ],
    ['sslmode=verify-full&sslrootcert=/nonexistent', 'certificate-unusable', 'sslrootcert'],
    [`sslmode=verify-full&sslrootcert=${hba}`, 'certificate-unusable', 'nothing in PEM form'],
    [`sslmode=verify-full&sslrootcert=${client.key}`, 'certificate-unusable', 'it holds no certificate'],
    [`sslcert=${client.cert}`, 'certificate-unusable', 'private key'],
    [`sslcert=${client.cert}&sslkey=${server.key}`, 'certificate-unusable', 'sslkey'],
    [`sslcert=${client.cert}&sslkey=${authority.lockedKey}&sslpassword=WRONG55`, 'certificate-unusable', 'sslkey'],
    ['sslmode=sometimes', 'url-parameter-wrong', 'disable, allow, prefer'],
    ['sslmod=disable', 'url-parameter-unknown', 'Did you mean sslmode?'],
  ])('is not with %j', async (parameters, code, text) => {
    const refused = await connectDatabase(withParameters(parameters), { poolSize: 1 }).catch((error: unknown) => error)
    expect(refused).toMatchObject({ code, message: expect.stringContaining(text) })
    expect((refused as Error).message).not.toMatch(/WRONG55|:rushbench@/)
  })

  it("asks for a client's certificate, whose key may have a password", async () => {
    await expect(connectionOf(certified)).rejects.toMatchObject({ code: 'database-denied' })
    const cert = `sslmode=require&sslcert=${client.cert}`
    expect(await connectionOf(withParameters(`${cert}&sslkey=${client.key}`, certified))).toEqual(encrypted)
    const locked = `${cert}&sslkey=${authority.lockedKey}&sslpassword=${authority.keySecret}`
    expect(await connectionOf(withParameters(locked, certified))).toEqual(encrypted)
  })

  it('is reached by its Unix socket', async () => {
    const socket = { transport: 'unix socket', encrypted: false }
    const inQuery = `postgres://rushbench:rushbench@/rushbench?host=${authority.folder}&port=${port}&sslmode=require`
    const inHost = `postgres://rushbench:rushbench@${encodeURIComponent(authority.folder)}:${port}/rushbench`
    expect(await connectionOf(inQuery)).toEqual(socket)
    expect(await connectionOf(inHost)).toEqual(socket)
    await expect(connectionOf(inQuery.replace(authority.folder, '/nowhere'))).rejects.toMatchObject({
      code: 'database-unreachable',
    })
  })

  it('is the one of several hosts that will do', async () => {
    const several = `postgres://rushbench:rushbench@127.0.0.1:1,127.0.0.1:${port}/rushbench?target_session_attrs=`
    for (const target of ['any', 'primary', 'read-write', 'prefer-standby'])
      expect(await connectionOf(several + target)).toEqual(encrypted)
    await expect(connectionOf(`${several}standby`)).rejects.toMatchObject({
      code: 'database-unreachable',
      message: expect.stringContaining('no server is standby'),
    })
  })

  it('is told what the URL says of the session', async () => {
    await ask('create schema "my own"')
    const parameters = 'search_path=%22my%20own%22&application_name=a%20b&options=-c%20work_mem=5MB&connect_timeout=3'
    await using database = await connectDatabase(withParameters(parameters), { poolSize: 1 })
    await database.createTables([{ table: shows, mark: 'test' }])
    await database.store.insert(shows, [show(1)])
    expect(await ask('select count(*)::int as n from "my own".shows')).toEqual([{ n: 1 }])
    expect(await ask("select count(*)::int as n from pg_stat_activity where application_name = 'a b'")).toEqual([
      { n: 1 },
    ])
    await ask('drop schema "my own" cascade')
  })

  it('can be paused, and its certificate goes on being checked against its own name', async () => {
    const byName = withParameters(`sslmode=verify-full&sslrootcert=${ca}`).replace('127.0.0.1', 'localhost')
    await using access = await openPausable(byName)
    expect(await connectionOf(access.url)).toEqual({ ...encrypted, verified: 'authority and host' })
    await using bySocket = await openPausable(
      `postgres://rushbench:rushbench@/rushbench?host=${authority.folder}&port=${port}`,
    )
    expect(await connectionOf(bySocket.url)).toEqual({ transport: 'tcp', encrypted: false })
  })
})
