import { readFileSync, writeFileSync } from 'node:fs'
import { connect, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createServer } from 'node:tls'
import { afterAll, describe, expect, it } from 'vitest'
import { connectDatabase, openPausable } from '../../../../src/lib/adapters/databases/registry.ts'
import { createAuthority } from '../../../support/certificate.ts'
import { findService } from '../../../support/services.ts'
import { testVersions } from '../../../support/database/engines.ts'

const authority = createAuthority('nobody')
const stranger = createAuthority('nobody')
const ferretdb = await findService('ferretdb')
// MongoDB's clients take both from one file.
const own = join(authority.folder, 'own.pem')
writeFileSync(own, `${readFileSync(authority.client.cert, 'utf8')}${readFileSync(authority.client.key, 'utf8')}`)

/** What ends the encryption in front of a FerretDB, as a proxy of TLS does. */
async function startTlsProxy(server: URL) {
  const options = {
    cert: readFileSync(authority.server.cert),
    key: readFileSync(authority.server.key),
    ca: readFileSync(authority.ca),
    requestCert: true,
  }
  const proxy = createServer(options, (near) => {
    const far = connect(Number(server.port), server.hostname)
    near.on('error', () => far.destroy()).pipe(far)
    far.on('error', () => near.destroy()).pipe(near)
  })
  proxy.on('tlsClientError', () => {})
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  return { port: (proxy.address() as AddressInfo).port, close: () => void proxy.close() }
}

const proxy = ferretdb === null ? null : await startTlsProxy(new URL(ferretdb))

afterAll(() => {
  proxy?.close()
  authority[Symbol.dispose]()
  stranger[Symbol.dispose]()
})

describe.skipIf(proxy === null)('a MongoDB behind TLS', () => {
  const urlOf = (parameters: string) => `mongodb://localhost:${proxy!.port}/rushbench_tls?${parameters}`

  it.each([
    ['tlsAllowInvalidCertificates=true', 'none'],
    [`tlsAllowInvalidHostnames=true&tlsCAFile=${authority.ca}`, 'authority'],
    [`tlsCAFile=${authority.ca}`, 'authority and host'],
  ])('is reached with %j', async (parameters, verified) => {
    const url = urlOf(`tls=true&tlsCertificateKeyFile=${own}&${parameters}`)
    await using database = await connectDatabase(url, { poolSize: 1 })
    expect(await database.tables()).toEqual([])
    expect(database.engine.connection).toEqual({ transport: 'tcp', encrypted: true, protocol: 'TLSv1.3', verified })
    await expect(openPausable(url)).rejects.toMatchObject({ code: 'database-not-pausable' })
  })

  it.each([
    [`tls=true&tlsCAFile=${stranger.ca}`, 'encryption-refused', 'certificate'],
    ['tls=true&tlsCAFile=/nonexistent', 'certificate-unusable', 'tlsCAFile'],
    [`tls=true&tlsCAFile=${authority.client.key}`, 'certificate-unusable', 'it holds no certificate'],
    [`tlsCAFile=${authority.ca}`, 'url-parameter-wrong', 'it with tls=true'],
    ['sslmode=require', 'url-parameter-unknown', 'Known: tls, tlsCAFile'],
  ])('is not with %j', async (parameters, code, text) => {
    await expect(connectDatabase(urlOf(parameters), { poolSize: 1 })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(text),
    })
  })

  it.each(testVersions.filter(({ name, open }) => /^(ferretdb|mongodb)/.test(name) && open !== null))(
    'is not $name that takes plain text alone, which is said',
    async ({ open }) => {
      const place = await open!()
      await expect(
        connectDatabase(`${place.url}${place.url.includes('?') ? '&' : '?'}tls=true`, { poolSize: 1 }),
      ).rejects.toMatchObject({
        message: expect.stringContaining('does not speak TLS'),
      })
      await place.remove()
    },
  )

  it('is known to be unencrypted where it is', async () => {
    const place = await testVersions.find(({ name }) => name === 'ferretdb')!.open!()
    await using database = await connectDatabase(place.url, { poolSize: 1 })
    expect(database.engine.connection).toEqual({ transport: 'tcp', encrypted: false })
    await place.remove()
  })
})
