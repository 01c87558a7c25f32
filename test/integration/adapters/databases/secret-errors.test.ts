import { describe, expect, it } from 'vitest'
import { openBroker } from '../../../../src/lib/adapters/brokers/registry.ts'
import { connectDatabase } from '../../../../src/lib/adapters/databases/registry.ts'
import { hideSecrets } from '../../../../src/lib/base/secret-text.ts'
import { findService } from '../../../support/services.ts'

const secret = "S3cr3t!~$*'T4il"

const servers = await Promise.all(
  (['mariadb', 'postgres', 'mongodb6', 'redis', 'nats', 'kafka'] as const).map(
    async (name) => [name, await findService(name)] as const,
  ),
)

/** What is said of an error, also with --verbose. */
function everythingSaid(error: unknown): string {
  const { message, stack, cause } = error as Error
  return `${message}\n${hideSecrets(`${stack}\n${cause instanceof Error ? cause.stack : ''}`)}`
}

async function open(url: string): Promise<string> {
  try {
    if (/^(nats|kafka):/.test(url)) {
      const broker = await openBroker(url)
      await broker[Symbol.asyncDispose]()
      return broker.url
    }
    const database = await connectDatabase(url, { poolSize: 1 })
    await database[Symbol.asyncDispose]()
    return database.url
  } catch (error) {
    return everythingSaid(error)
  }
}

describe('a password', () => {
  it.for(servers)('is in nothing that %s makes us say', async ([, found], context) => {
    const given = found ?? context.skip('it does not answer')
    const url = given.replace(/\/\/([^@/]*@)?/, () => `//nobody:${secret}@`)
    const elsewhere = url.replace(/:\d+(\/|$)/, ':1$1')
    const gone = url.replace(/([^/])\/[^/]*$/, '$1/no_such_database')
    const urls = [url, elsewhere, gone, `${url}?password=${secret}`]
    for (const each of urls) expect(each).toContain(secret)
    const said = await Promise.all(urls.map(open))
    for (const text of said) {
      expect(text).not.toMatch(/S3cr3t|T4il/)
      expect(text).not.toBe('')
    }
  })
})
