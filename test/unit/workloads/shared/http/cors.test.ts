import { fastify } from 'fastify'
import { describe, expect, it } from 'vitest'
import { allowOrigins } from '../../../../../src/lib/workloads/shared/http/cors.ts'

const page = 'https://app.example.com'

/** Origin and credentials that a page of `page` is told it may use. */
async function allowed(...options: [origins: string[] | undefined, takesCredentials?: boolean]) {
  await using app = fastify()
  allowOrigins(app, ...options)
  app.get('/', async () => 'there')
  const { headers } = await app.inject({ method: 'GET', url: '/', headers: { origin: page } })
  return ['origin', 'credentials'].map((name) => headers[`access-control-allow-${name}`])
}

describe('an API', () => {
  it('lets nobody in unless it is told to', async () => {
    expect(await allowed(undefined)).toEqual([undefined, undefined])
    expect(await allowed(['https://other.example.com', `${page}.org`])).toEqual([undefined, undefined])
  })

  it('lets pages of the origins in that are named, with cookies where it takes them', async () => {
    const named = ['https://other.example.com', page]
    expect(await allowed(named)).toEqual([page, undefined])
    expect(await allowed(named, true)).toEqual([page, 'true'])
  })

  it('lets pages of every origin in by a star, without cookies', async () => {
    expect(await allowed(['*'])).toEqual(['*', undefined])
    expect(await allowed(['*'], true)).toEqual(['*', undefined])
  })
})
