import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { commandLine } from '../../../src/lib/config/command-line.ts'
import { variableName } from '../../../src/lib/config/settings.ts'
import { resolveConfig, type ConfigSources } from '../../../src/lib/config/resolve.ts'
import { settingNames, type SettingName } from '../../../src/lib/config/settings.ts'
import { hideSecrets } from '../../../src/lib/base/secret-text.ts'

/** Where a secret may stand in a URL. */
const urls = [
  (secret: string) => `mysql://root:${secret}@127.0.0.1/x`,
  (secret: string) => `postgres://root:${secret}@a,b:5433/x?sslmode=require`,
  (secret: string) => `mysql://127.0.0.1/x?password=${secret}&ssl=1`,
  (secret: string) => `redis://:${secret}@127.0.0.1:6379/0`,
  (secret: string) => `nats://${secret}@127.0.0.1:4222`,
  (secret: string) => `http://user:${secret}@127.0.0.1:3000`,
  (secret: string) => `https://${secret}@127.0.0.1`,
  (secret: string) => `http://127.0.0.1/x?a=1&token=${secret}`,
  (secret: string) => `sqlite:data/x.db?key=${secret}`,
  (secret: string) => `root:${secret}@127.0.0.1`,
]

/** A secret that nothing else that is printed holds, with characters that a URL may or may not take. */
const secrets = fc
  .array(fc.constantFrom('%40', '%2F', '!', '~', '$', '*', 'x', '9', "'", '%3A'), { maxLength: 6 })
  .map((parts) => `S3cr3t${parts.join('')}T4il`)

describe('secrets in settings', () => {
  let cwd: string
  beforeEach(async () => void (cwd = await mkdtemp(join(tmpdir(), 'rushbench-'))))
  afterEach(() => rm(cwd, { recursive: true }))

  /** All that can come of settings: what is shown and saved, or what is said of them, also with --verbose. */
  async function everythingSaid(sources: Partial<ConfigSources>): Promise<string> {
    try {
      const config = await resolveConfig({ flags: {}, env: {}, cwd, ...sources })
      const command = commandLine(config, { command: 'load', settings: settingNames, others: {} })
      return `${command}\n${JSON.stringify(config.settings)}`
    } catch (error) {
      const { message, stack, cause } = error as Error
      return `${message}\n${hideSecrets(`${stack}\n${(cause as Error | undefined)?.stack}`)}`
    }
  }

  const expectHidden = (said: string, secret: string) => {
    for (const part of ['S3cr3t', 'T4il', secret]) expect(said).not.toContain(part)
  }

  it.each(settingNames)('are hidden in %s, whatever sets it', async (name: SettingName) => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...urls), secrets, async (write, secret) => {
        const url = write(secret)
        expectHidden(await everythingSaid({ flags: { [name]: name === 'threshold' ? [url] : url } }), secret)
        expectHidden(await everythingSaid({ env: { [variableName(name)]: url } }), secret)
        await writeFile(join(cwd, '.rushbenchrc.json'), JSON.stringify({ [name]: url }))
        expectHidden(await everythingSaid({}), secret)
        await writeFile(join(cwd, '.rushbenchrc.json'), JSON.stringify({ [name]: { url: [url] } }))
        expectHidden(await everythingSaid({}), secret)
        await rm(join(cwd, '.rushbenchrc.json'))
      }),
      { numRuns: 5 },
    )
  })

  it.each([
    ['.rushbenchrc.json', (url: string) => JSON.stringify({ users: 5, db: url, cache: 'none' }, null, 2)],
    ['.rushbenchrc.yaml', (url: string) => `users: 5\ndb: "${url}"\nqueue: "${url}"\ncache: none\n`],
    ['.rushbenchrc', (url: string) => `users: 5\ndb: '${url}'\ncache: {none\n`],
    ['rushbench.config.mjs', (url: string) => `export default { users: 5, db: '${url}' }`],
    ['package.json', (url: string) => JSON.stringify({ name: 'x', rushbench: { db: url } }, null, 2)],
  ])('are hidden where %s is broken', async (file, write) => {
    const text = write('mysql://root:S3cr3tT4il@127.0.0.1/x')
    await fc.assert(
      fc.asyncProperty(
        fc.nat(text.length),
        fc.constantFrom('', '"', '{', ': :', '\t', '\\', '}}', "'"),
        async (at, put) => {
          await writeFile(join(cwd, file), text.slice(0, at) + put + text.slice(put === '' ? text.length : at))
          expectHidden(await everythingSaid({}), 'S3cr3tT4il')
        },
      ),
      { numRuns: file.endsWith('mjs') ? 5 : 25 },
    )
    await rm(join(cwd, file))
  })

  it('says where a file is broken', async () => {
    await writeFile(join(cwd, '.rushbenchrc.yaml'), 'users: 5\ndb: "x\n  : {\n')
    expect(await everythingSaid({})).toMatch(/yaml cannot be read: it breaks off in line \d+, column \d+\. Mend it/)
    await rm(join(cwd, '.rushbenchrc.yaml'))
    await writeFile(join(cwd, '.rushbenchrc.json'), '{"users": 5,\n "db": "x" "y"}')
    expect(await everythingSaid({})).toContain('it breaks off in line 2, column 12.')
  })
})
