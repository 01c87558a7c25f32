import fc from 'fast-check'
import { generateKeyPair, exportJWK, SignJWT, type JWTPayload } from 'jose'
import { GraphQLError } from 'graphql'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Store } from '../../../../src/lib/ports/database.ts'
import type { Clients } from '../../../../src/lib/workloads/meetups/services.ts'
import {
  createContext,
  createVerifier,
  type VerifyToken,
} from '../../../../src/lib/workloads/meetups/gateway/context.ts'
import { dateTime } from '../../../../src/lib/workloads/meetups/gateway/schema.ts'
import type { UploadPart } from '../../../../src/lib/workloads/meetups/image/contract.ts'
import {
  contentTypeOf,
  contentTypes,
  readChunks,
  readHeader,
} from '../../../../src/lib/workloads/meetups/image/upload.ts'
import { readDelivery, deliveryAttempt } from '../../../../src/lib/workloads/meetups/ledger.ts'
import type { ListPostsRequest } from '../../../../src/lib/workloads/meetups/post/contract.ts'
import { listPosts } from '../../../../src/lib/workloads/meetups/post/list.ts'
import { RpcError } from '../../../../src/lib/workloads/meetups/rpc/errors.ts'
import { issuer } from '../../../../src/lib/workloads/meetups/user/contract.ts'
import { readRefreshToken } from '../../../../src/lib/workloads/meetups/user/tokens.ts'
import { makeImage } from '../../../support/meetups/images.ts'

const codeOf = (error: unknown) => (error instanceof RpcError ? error.code : `none: ${String(error)}`)

/** The code of what it throws; null where it does not. */
async function refusal(work: () => Promise<unknown>): Promise<string | null> {
  return work().then(() => null, codeOf)
}

describe('id tokens', () => {
  let verify: VerifyToken
  let sign: (claims: JWTPayload, header?: { alg: string; kid?: string }) => Promise<string>

  beforeAll(async () => {
    const { privateKey, publicKey } = await generateKeyPair('EdDSA')
    const key = { ...(await exportJWK(publicKey)), kid: 'k', alg: 'EdDSA' }
    verify = createVerifier(async () => ({ getPublicKeys: async () => ({ jwks: JSON.stringify({ keys: [key] }) }) }))
    sign = (claims, header = { alg: 'EdDSA', kid: 'k' }) =>
      new SignJWT(claims).setProtectedHeader(header).setIssuer(issuer).setSubject('me').sign(privateKey)
  })
  const later = () => Math.floor(Date.now() / 1000) + 1000

  it('are taken as they were signed', async () => {
    expect(await verify(await sign({ exp: later() }))).toBe('me')
  })

  it('are refused when a single character of them is another', async () => {
    const good = await sign({ exp: later() })
    const change = fc.tuple(fc.nat(good.length - 1), fc.constantFrom('a', 'b', 'Y', 'Z', '0', '9', '-', '_', '.'))
    await fc.assert(
      fc.asyncProperty(change, async ([at, character]) => {
        fc.pre(good[at] !== character)
        const bad = good.slice(0, at) + character + good.slice(at + 1)
        // The last character of a signature has bits that nobody reads.
        fc.pre(at < good.length - 1)
        expect(await refusal(() => verify(bad))).toBe('unauthenticated')
      }),
    )
  })

  it('are refused whatever else they are, and by nothing else', async () => {
    const part = fc.oneof(
      fc.string(),
      fc.json().map((text) => Buffer.from(text).toString('base64url')),
      fc
        .record({ alg: fc.constantFrom('none', 'HS256', 'EdDSA', ''), kid: fc.constantFrom('k', 'other', 7) })
        .map((header) => Buffer.from(JSON.stringify(header)).toString('base64url')),
    )
    const tokens = fc.oneof(
      fc.string(),
      fc.tuple(part, part, part).map((parts) => parts.join('.')),
    )
    await fc.assert(
      fc.asyncProperty(tokens, async (token) => {
        expect(await refusal(() => verify(token))).toBe('unauthenticated')
      }),
    )
  })

  it('are refused when they are too old, or for somebody else', async () => {
    expect(await refusal(async () => verify(await sign({ exp: 1 })))).toBe('unauthenticated')
    const { privateKey } = await generateKeyPair('EdDSA')
    const foreign = new SignJWT({ exp: later() }).setProtectedHeader({ alg: 'EdDSA', kid: 'k' }).setIssuer(issuer)
    const token = await foreign.setSubject('me').sign(privateKey)
    expect(await refusal(() => verify(token))).toBe('unauthenticated')
  })

  it('come in a header that is one, or are none', async () => {
    const asked: string[] = []
    const note: VerifyToken = async (token) => {
      asked.push(token)
      return 'me'
    }
    const clients: Clients = { get: () => Promise.reject(new Error('nobody was to be asked')), close: async () => {} }
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => `Bearer ${text}`),
        ),
        async (header) => {
          asked.length = 0
          const code = await refusal(() => createContext(clients, note, header, false, '').requireViewer())
          expect([null, 'unauthenticated']).toContain(code)
          expect(code === null).toBe(asked.length === 1)
          for (const token of asked) expect(token).toMatch(/^[\w.-]+$/)
        },
      ),
    )
  })
})

it('takes for a refresh token what is one alone, and never keeps its secret', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.tuple(fc.uuid(), fc.base64String()).map((parts) => parts.join('.')),
      ),
      (text) => {
        const read = readRefreshToken(text)
        if (read) expect(text).toBe(`${read.login}.${text.slice(37)}`)
        if (read) expect(read.secretHash).toMatch(/^[\da-f]{64}$/)
        else expect(text).not.toMatch(/^[\da-f-]{36}\.[\w-]{43}$/)
      },
    ),
  )
})

describe('lists of posts', () => {
  const right: ListPostsRequest = {
    first: 10,
    after: '',
    orderBy: 'created',
    descending: true,
    prefecture: 0,
    spotType: '',
    fishTypes: [],
    meetingFrom: 0,
    meetingTo: 0,
    openOnly: false,
    userId: '',
  }
  /** What the table was asked for. */
  const asked: unknown[] = []
  const store = {
    find: async (_table: unknown, where: unknown) => {
      asked.push(where)
      return []
    },
  } as unknown as Store

  it('take a cursor of their own order and refuse all else', async () => {
    const cursors = fc.oneof(
      fc.string(),
      fc.base64String(),
      fc
        .tuple(
          fc.constantFrom('c:', 'm:', 'x:', ''),
          fc.oneof(
            fc.string(),
            fc.uuid(),
            fc
              .tuple(fc.oneof(fc.double().map(String), fc.constantFrom('-0', '1797868167515')), fc.uuid())
              .map(([time, id]) => `${time}-${id}`),
          ),
        )
        .map(([letter, key]) => Buffer.from(letter + key).toString('base64url')),
      fc
        .tuple(fc.constantFrom('c:', 'm:1797868167515-'), fc.uuid())
        .map(([start, id]) => Buffer.from(start + id).toString('base64url')),
    )
    const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'
    const keys = { created: new RegExp(`^c:${uuid}$`), meeting: new RegExp(`^m:[0-9]{13}-${uuid}$`) }
    const columns = { created: 'id', meeting: 'meeting_key' }
    await fc.assert(
      fc.asyncProperty(cursors, fc.constantFrom('created', 'meeting'), async (after, orderBy) => {
        asked.length = 0
        const code = await refusal(() => listPosts(store, { ...right, orderBy, after }, 0))
        expect([null, 'invalid']).toContain(code)
        const decoded = Buffer.from(after, 'base64url').toString()
        if (after !== '') expect(code === null).toBe(keys[orderBy].test(decoded))
        const from = { [columns[orderBy]]: { lt: decoded.slice(2) } }
        expect(asked).toEqual(code === 'invalid' ? [] : [{ state: 'approved', ...(after !== '' && from) }])
      }),
      { numRuns: 500 },
    )
  })

  it('take filters that there can be, and refuse all else before anything is read', async () => {
    const number = fc.oneof(fc.integer({ min: -2, max: 120 }), fc.double(), fc.maxSafeInteger())
    const filters = fc.record(
      {
        first: number,
        prefecture: number,
        meetingFrom: number,
        meetingTo: number,
        spotType: fc.constantFrom('', 'LAKE', 'lake', "' OR 1=1"),
        orderBy: fc.constantFrom('created', 'meeting', 'toString', '') as fc.Arbitrary<'created'>,
        fishTypes: fc.array(fc.constantFrom('CARP', 'EEL', 'carp', '__proto__'), { maxLength: 3 }),
      },
      { requiredKeys: [] },
    )
    const isWhole = (value: number, min: number, max: number) => Number.isInteger(value) && value >= min && value <= max
    await fc.assert(
      fc.asyncProperty(filters, async (given) => {
        asked.length = 0
        const request = { ...right, ...given }
        const isRight =
          isWhole(request.first, 1, 100) &&
          isWhole(request.prefecture, 0, 47) &&
          isWhole(request.meetingFrom, 0, 9_999_999_999_999) &&
          isWhole(request.meetingTo, 0, 9_999_999_999_999) &&
          ['', 'LAKE'].includes(request.spotType) &&
          ['created', 'meeting'].includes(request.orderBy) &&
          request.fishTypes.every((fish) => ['CARP', 'EEL'].includes(fish))
        expect(await refusal(() => listPosts(store, request, 0))).toBe(isRight ? null : 'invalid')
        expect(asked).toHaveLength(isRight ? 1 : 0)
      }),
      { numRuns: 500 },
    )
  })
})

it('takes for a DateTime what is a moment alone', () => {
  const values = fc.oneof(
    fc.string(),
    fc.anything(),
    fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
    fc.tuple(fc.date({ noInvalidDate: true }), fc.string()).map(([date, more]) => date.toISOString() + more),
  )
  fc.assert(
    fc.property(values, (value) => {
      try {
        const time = dateTime.parseValue(value)
        expect(Number.isInteger(Math.trunc(time))).toBe(true)
        expect(new Date(time).getTime()).toBe(Date.parse(value as string))
      } catch (error) {
        if (!(error instanceof GraphQLError)) throw error
      }
    }),
  )
})

it.each(['2026-02-29T00:00:00Z', '2026-02-30T00:00:00+01:00', '2026-04-31T23:59Z', '2026-13-01T00:00Z'])(
  'takes no day for a DateTime that its month does not have: %s',
  (text) => {
    expect(() => dateTime.parseValue(text)).toThrow(GraphQLError)
  },
)

it('takes a leap day for a DateTime', () => {
  expect(dateTime.parseValue('2028-02-29T00:00:00+14:00')).toBe(Date.parse('2028-02-29T00:00:00+14:00'))
})

describe('uploads', () => {
  const ownerId = '00000000-0000-4000-8000-000000000000'

  /** What is kept of an upload, as the service reads it. */
  async function read(parts: readonly unknown[]): Promise<Buffer> {
    async function* stream() {
      yield* parts as readonly UploadPart[]
    }
    const iterator = stream()
    const { contentType } = await readHeader(iterator)
    const kept: Buffer[] = []
    for await (const chunk of readChunks(iterator, contentType, () => {})) kept.push(chunk)
    return Buffer.concat(kept)
  }

  it('keep every byte, however they are cut', async () => {
    const types = fc.constantFrom(...contentTypes)
    const bytes = fc.uint8Array({ maxLength: 300 })
    await fc.assert(
      fc.asyncProperty(types, bytes, fc.integer({ min: 1, max: 40 }), async (contentType, rest, step) => {
        const whole = makeImage(contentType, rest)
        const chunks = Array.from({ length: Math.ceil(whole.length / step) }, (_, n) => ({
          chunk: whole.subarray(n * step, (n + 1) * step),
        }))
        const end = { end: { bytes: whole.length } }
        expect((await read([{ header: { ownerId, contentType } }, ...chunks, end])).equals(whole)).toBe(true)
        await expect(read([{ header: { ownerId, contentType } }, ...chunks])).rejects.toThrow('The upload broke off')
      }),
    )
  })

  it('are refused, as wrong or as too large, in whatever order their parts come', async () => {
    const chunk = fc.uint8Array({ maxLength: 40 }).map((bytes) => ({ chunk: Buffer.from(bytes) }))
    const header = fc
      .record({
        ownerId: fc.constantFrom(ownerId, 'x', ''),
        contentType: fc.constantFrom('image/png', 'text/html', ''),
      })
      .map((given) => ({ header: given }))
    const large = fc.constantFrom({ chunk: Buffer.alloc(64 * 1024 + 1) }, {}, { header: null }, { end: { bytes: 12 } })
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(chunk, header, large), { maxLength: 6 }), async (parts) => {
        const kept = await read(parts).catch((error: unknown) => codeOf(error))
        if (typeof kept === 'string') expect(['invalid', 'full']).toContain(kept)
        else expect(contentTypeOf(kept)).toBe('image/png')
      }),
    )
  })
})

it('reads deliveries in a ledger as they were written, and takes nothing else for one', () => {
  const names = fc.record({ roomId: fc.uuid(), subscriber: fc.string({ minLength: 1 }) })
  fc.assert(
    fc.property(names, fc.uuid(), (delivered, messageId) => {
      expect(readDelivery(deliveryAttempt(delivered, messageId))).toEqual({ ...delivered, messageId })
    }),
  )
  fc.assert(
    fc.property(fc.string(), fc.oneof(fc.string(), fc.integer()), (key, resource) => {
      expect(readDelivery({ key, resource })).toBeNull()
    }),
  )
})
