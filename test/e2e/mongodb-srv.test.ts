import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { SeedReport } from '../../src/lib/record/record.ts'
import { startDnsServer } from '../support/dns-server.ts'
import { testVersions } from '../support/database/engines.ts'
import { createSandbox } from '../support/cli/sandbox.ts'

/** Sends questions of this process to our DNS server, and finds the hosts that it names, which the system does not know. */
const preload = (server: string): string => `
import dns from 'node:dns'
dns.setServers(['${server}'])
dns.promises.setServers(['${server}'])
const { lookup } = dns
dns.lookup = (host, ...rest) => lookup(host.endsWith('.rushbench.test') ? '127.0.0.1' : host, ...rest)
`

describe.for(testVersions.filter(({ name }) => name === 'mongodb'))('mongodb+srv to $name', ({ open }) => {
  it.skipIf(open === null)('is looked up in DNS, with what its text record adds', async () => {
    const place = await open!()
    const { port, pathname } = new URL(place.url)
    await using server = await startDnsServer({
      '_mongodb._tcp.cluster.rushbench.test': { SRV: [{ host: 'one.rushbench.test', port: Number(port) }] },
      '_mongodb._tcp.stray.rushbench.test': { SRV: [{ host: 'elsewhere.example', port: Number(port) }] },
      'cluster.rushbench.test': { TXT: ['replicaSet=rushbench'] },
    })
    await using work = await createSandbox()
    const file = join(work.folder, 'dns.mjs')
    await writeFile(file, preload(server.address))
    const env = { NODE_OPTIONS: `--import=${file}` }
    const run = (...args: string[]) =>
      work.run([...args, '--db', `mongodb+srv://cluster.rushbench.test${pathname}?tls=false`], env)
    expect(await run('migrate')).toMatchObject({ code: 0, stdout: expect.stringContaining('cluster.rushbench.test') })
    expect(await run('insert-schedules', '--years', '1', '--every', '4h')).toMatchObject({ code: 0 })
    const { code, stdout } = await run('insert-reservations', '--rows', '100', '--json')
    expect(code).toBe(0)
    expect((JSON.parse(stdout) as SeedReport).environment.connection).toMatchObject({ encrypted: false })
    expect(server.asked).toEqual(
      expect.arrayContaining(['SRV _mongodb._tcp.cluster.rushbench.test', 'TXT cluster.rushbench.test']),
    )
    for (const [host, reason] of [
      ['other', /Cannot reach the database .*other\.rushbench\.test.*: querySrv ENOTFOUND/],
      ['stray', /Cannot reach the database .*: Server record does not share/],
    ] as const) {
      const db = `mongodb+srv://${host}.rushbench.test${pathname}?tls=false`
      const none = await work.run(['migrate', '--status', '--db', db], env)
      expect(none).toMatchObject({ code: 1, stderr: expect.stringMatching(reason) })
    }
    await place.remove()
  })
})
