import { userInfo } from 'node:os'
import { join } from 'node:path'
import { createConnection, type Connection } from 'mysql2/promise'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectDatabase, openPausable } from '../../../../src/lib/adapters/databases/registry.ts'
import { createAuthority } from '../../../support/certificate.ts'
import { startPrivateService } from '../../../support/private-service.ts'
import { askMeasured } from '../../../support/database/measured.ts'
import type { ConnectionFacts } from '../../../../src/lib/ports/database-facts.ts'

const authority = createAuthority('mysql')
const stranger = createAuthority('mysql')
const { server, client, ca } = authority
const socket = join(authority.folder, 'mysqld.sock')
const options = `--ssl-cert=${server.cert} --ssl-key=${server.key} --ssl-ca=${ca} --socket=${socket}`
const service = await startPrivateService('mariadb', options)

afterAll(async () => {
  await service?.[Symbol.asyncDispose]()
  authority[Symbol.dispose]()
  stranger[Symbol.dispose]()
})

const encrypted: ConnectionFacts = { transport: 'tcp', encrypted: true, protocol: 'TLSv1.3', verified: 'none' }

describe.skipIf(service === null)('a MariaDB that takes encrypted connections alone', () => {
  const url = service?.url ?? ''
  const byName = url.replace('@127.0.0.1', '@localhost')
  let admin: Connection

  async function connectionOf(at: string): Promise<ConnectionFacts | undefined> {
    await using database = await connectDatabase(at, { poolSize: 2 })
    expect(await database.tables()).toEqual([])
    expect(await askMeasured(at)).toBe(database.engine.connection?.encrypted)
    return database.engine.connection
  }

  beforeAll(async () => {
    admin = await createConnection({ socketPath: socket, user: userInfo().username })
    await admin.query('set global require_secure_transport = on')
    await admin.query("create user rushbench@localhost identified by 'rushbench'")
    await admin.query('grant all on rushbench.* to rushbench@localhost')
    await admin.query("create user certified@'127.0.0.1' identified by 'rushbench' require x509")
    await admin.query("grant all on rushbench.* to certified@'127.0.0.1'")
  })
  afterAll(async () => admin.end())

  it.each([
    ['', 'none'],
    ['ssl-mode=PREFERRED', 'none'],
    ['ssl-mode=required&charset=utf8mb4_bin&connectTimeout=2000', 'none'],
    [`ssl-ca=${ca}`, 'authority'],
    [`sslMode=VERIFY_CA&ssl-ca=${ca}`, 'authority'],
    [`ssl-mode=VERIFY_IDENTITY&ssl-ca=${ca}`, 'authority and host'],
  ] as const)('is reached with %j', async (parameters, verified) => {
    expect(await connectionOf(`${byName}?${parameters}`)).toEqual({ ...encrypted, verified })
  })

  it.each([
    ['ssl-mode=DISABLED', 'database-denied', 'refused the login'],
    [`ssl-mode=VERIFY_CA&ssl-ca=${stranger.ca}`, 'encryption-refused', 'certificate'],
    ['ssl-ca=/nonexistent', 'certificate-unusable', 'ssl-ca'],
    [`ssl-ca=${client.key}`, 'certificate-unusable', 'it holds no certificate'],
    ['ssl-mode=VERIFY_CA', 'url-parameter-wrong', 'ssl-ca=FILE'],
    [`ssl-cert=${client.cert}&ssl-key=${server.key}`, 'certificate-unusable', 'ssl-key'],
    ['charset=latin1', 'url-parameter-wrong', 'utf8mb4'],
    ['multipleStatements=true', 'url-parameter-unknown', 'Known: ssl-mode, ssl-ca'],
  ])('is not with %j', async (parameters, code, text) => {
    await expect(connectDatabase(`${byName}?${parameters}`, { poolSize: 1 })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(text),
    })
  })

  it('takes no certificate of another address, nor of the name of another host', async () => {
    const verified = `ssl-mode=VERIFY_IDENTITY&ssl-ca=${ca}`
    expect(await connectionOf(`${url}?${verified}`)).toEqual({ ...encrypted, verified: 'authority and host' })
    for (const names of ['DNS:elsewhere.example', 'IP:127.0.0.2,DNS:localhost']) {
      authority.certifyServer(names)
      await admin.query('flush ssl')
      const error = await connectionOf(`${url}?${verified}`).catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ code: 'encryption-refused', message: expect.stringContaining('127.0.0.1') })
    }
    expect(await connectionOf(`${byName}?${verified}`)).toEqual({ ...encrypted, verified: 'authority and host' })
    authority.certifyServer('DNS:elsewhere.example')
    await admin.query('flush ssl')
    await expect(connectionOf(`${byName}?${verified}`)).rejects.toMatchObject({ code: 'encryption-refused' })
    expect(await connectionOf(`${byName}?ssl-ca=${ca}`)).toEqual({ ...encrypted, verified: 'authority' })
  })

  it("asks for a client's certificate, whose key may have a password", async () => {
    const certified = url.replace('rushbench:', 'certified:')
    await expect(connectionOf(certified)).rejects.toMatchObject({ code: 'database-denied' })
    expect(await connectionOf(`${certified}?ssl-cert=${client.cert}&ssl-key=${client.key}`)).toEqual(encrypted)
    const locked = `ssl-cert=${client.cert}&ssl-key=${authority.lockedKey}&ssl-key-password=`
    expect(await connectionOf(`${certified}?${locked}${authority.keySecret}`)).toEqual(encrypted)
    const refused = await connectionOf(`${certified}?${locked}WRONG55`).catch((error: unknown) => error)
    expect(refused).toMatchObject({ code: 'certificate-unusable', message: expect.not.stringContaining('WRONG55') })
  })

  it('is reached by its Unix socket, encrypted where that is asked for', async () => {
    const bySocket = `mysql://rushbench:rushbench@localhost/rushbench?socketPath=${socket}`
    expect(await connectionOf(bySocket)).toEqual({ transport: 'unix socket', encrypted: false })
    expect(await connectionOf(`${bySocket}&ssl-mode=REQUIRED`)).toEqual({ ...encrypted, transport: 'unix socket' })
    await expect(connectionOf(bySocket.replace(socket, '/nowhere.sock'))).rejects.toMatchObject({
      code: 'database-unreachable',
    })
    await using access = await openPausable(bySocket)
    expect(await connectionOf(access.url)).toEqual({ transport: 'tcp', encrypted: false })
  })

  it('can be paused, but not where its certificate is for its name', async () => {
    await using access = await openPausable(`${byName}?ssl-ca=${ca}`)
    expect(await connectionOf(access.url)).toEqual({ ...encrypted, verified: 'authority' })
    await expect(openPausable(`${byName}?ssl-ca=${ca}&ssl-mode=VERIFY_IDENTITY`)).rejects.toMatchObject({
      code: 'database-not-pausable',
    })
  })
})
