import { createHash, randomBytes } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, SignJWT, type JWK } from 'jose'
import { insertIfAbsent } from '../../../adapters/databases/apply-if-absent.ts'
import type { Store } from '../../../ports/database.ts'
import { issuer, type TokenPair, type UserService } from './contract.ts'
import { keys, logins, type LoginRow } from './tables.ts'
import type { Cache } from '../../../ports/cache.ts'
import { RpcError } from '../rpc/errors.ts'

export interface Signer {
  /** An id token of the user, good until `expiresAt`, ms since 1970, in whole seconds. */
  sign(userId: string, expiresAt: number): Promise<string>
  /** A JSON Web Key Set as JSON; it has no private part. */
  readonly jwks: string
}

/** A refresh token as it is given out, and what is kept of it. */
export interface RefreshToken {
  readonly login: string
  readonly secretHash: string
}

const algorithm = 'EdDSA'

const keyId = 'signing'

/** Reads the key that id tokens are signed with, and makes it where there is none; all processes have the same. */
export async function createSigner(store: Store): Promise<Signer> {
  const jwk = (await readKey(store)) ?? (await makeKey(store))
  const key = await importJWK(jwk, algorithm)
  const { d: _private, ...shared } = jwk
  const kid = await calculateJwkThumbprint(shared)
  return {
    jwks: JSON.stringify({ keys: [{ ...shared, kid, alg: algorithm, use: 'sig' }] }),
    sign: (userId, expiresAt) =>
      new SignJWT()
        .setProtectedHeader({ alg: algorithm, kid })
        .setIssuer(issuer)
        .setSubject(userId)
        .setIssuedAt()
        .setExpirationTime(Math.floor(expiresAt / 1000))
        .sign(key),
  }
}

async function readKey(store: Store): Promise<JWK | null> {
  const [row] = await store.find(keys, { id: keyId })
  return row ? (JSON.parse(row.jwk) as JWK) : null
}

async function makeKey(store: Store): Promise<JWK> {
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true })
  const row = { id: keyId, jwk: JSON.stringify(await exportJWK(privateKey)) }
  await insertIfAbsent(store, keys, row)
  // Another process may have been a moment earlier: then its key is everybody's.
  return (await readKey(store)) as JWK
}

/** A new refresh token of a login: the login's id and a secret, of which only the hash is kept. */
function makeRefreshToken(login: string): { readonly token: string; readonly secretHash: string } {
  const secret = randomBytes(32).toString('base64url')
  return { token: `${login}.${secret}`, secretHash: hashSecret(secret) }
}

/** Reads a refresh token. Returns null for anything else. */
export function readRefreshToken(token: string): RefreshToken | null {
  const [, login, secret] = /^([0-9a-f-]{36})\.([\w-]{43})$/.exec(token) ?? []
  return login === undefined || secret === undefined ? null : { login, secretHash: hashSecret(secret) }
}

/** The secret has 256 random bits, so nothing slower is needed. */
function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

/** Refresh tokens that were traded in for newer ones. */
export interface UsedTokens {
  has(token: RefreshToken): Promise<boolean>
  /** Keeps a token for as long as it would have been good. */
  add(token: RefreshToken, leftMs: number): Promise<void>
}

/**
 * Keeps them in a cache that all processes share, so that one that comes again is refused without a look at the tables.
 * A cache that is away, or has forgotten some, makes none of them good: the tables refuse them, too.
 */
export function createUsedTokens(cache: Cache): UsedTokens {
  return {
    has: async (token) => (await cache.get(keyOf(token))) !== null,
    add: (token, leftMs) => cache.set(keyOf(token), used, leftMs),
  }
}

const used = Buffer.from('used')

/** Made from the hash: nobody can use what they read in the cache. */
function keyOf({ secretHash }: RefreshToken): string {
  return `meetup-used-token:${secretHash}`
}

/** How long tokens are good for, ms. */
const idTokenMs = 60 * 60 * 1000
const refreshTokenMs = 10 * 24 * 60 * 60 * 1000

/** Logins: their tokens, how these are renewed, and how a login ends. */
export interface Sessions extends Pick<UserService, 'logout' | 'refreshIdToken'> {
  /** New tokens of a login, and its row, which is yet to be stored. */
  pairOf(userId: string, login: string): Promise<{ readonly tokens: TokenPair; readonly row: LoginRow }>
}

/** Logins in `store`; `now` gives ms since 1970. */
export function createSessions(store: Store, signer: Signer, usedTokens: UsedTokens, now: () => number): Sessions {
  async function pairOf(userId: string, login: string): Promise<{ tokens: TokenPair; row: LoginRow }> {
    const { token, secretHash } = makeRefreshToken(login)
    const idTokenExpiresAt = now() + idTokenMs
    const refreshTokenExpiresAt = now() + refreshTokenMs
    const idToken = await signer.sign(userId, idTokenExpiresAt)
    return {
      tokens: { idToken, idTokenExpiresAt, refreshToken: token, refreshTokenExpiresAt },
      row: { id: login, user_id: userId, token_hash: secretHash, expires_at: refreshTokenExpiresAt },
    }
  }

  /** Ends the login of a token that is used up or too old: the holder of the newer one may be the thief. */
  async function endLogin(id: string): Promise<RpcError> {
    await store.remove(logins, { id })
    return new RpcError('unauthenticated', 'refreshToken is used up or too old, so its login has ended')
  }

  return {
    pairOf,

    async logout({ refreshToken }) {
      const read = readRefreshToken(refreshToken)
      if (read) await store.remove(logins, { id: read.login, token_hash: read.secretHash })
      return {}
    },

    async refreshIdToken({ refreshToken }) {
      const read = readRefreshToken(refreshToken)
      if (!read) throw notGood()
      if (await usedTokens.has(read)) throw await endLogin(read.login)
      const [login] = await store.find(logins, { id: read.login })
      if (!login) throw notGood()
      const { tokens, row } = await pairOf(login.user_id, login.id)
      const good = { id: login.id, token_hash: read.secretHash, expires_at: { gt: now() } }
      const patch = { token_hash: row.token_hash, expires_at: row.expires_at }
      // This decides, whether the cache is there or not: of those who bring the same token, one gets a new pair.
      if ((await store.update(logins, good, patch)) === 0) throw await endLogin(login.id)
      await usedTokens.add(read, login.expires_at - now())
      return tokens
    },
  }
}

function notGood(): RpcError {
  return new RpcError('unauthenticated', 'refreshToken is not good, or not any more')
}
