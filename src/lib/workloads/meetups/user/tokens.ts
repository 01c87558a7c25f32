import { createHash, randomBytes } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, SignJWT, type JWK } from 'jose'
import { insertIfAbsent } from '../../../adapters/databases/apply-if-absent.ts'
import type { Store } from '../../../ports/database.ts'
import { issuer } from './contract.ts'
import { keys } from './tables.ts'
import type { Cache } from '../../../ports/cache.ts'

/** Signs id tokens. */
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
export function makeRefreshToken(login: string): { readonly token: string; readonly secretHash: string } {
  const secret = randomBytes(32).toString('base64url')
  return { token: `${login}.${secret}`, secretHash: hashSecret(secret) }
}

/** Reads a refresh token; null for what is none. */
export function readRefreshToken(token: string): RefreshToken | null {
  const [, login, secret] = /^([0-9a-f-]{36})\.([\w-]{43})$/.exec(token) ?? []
  return login === undefined || secret === undefined ? null : { login, secretHash: hashSecret(secret) }
}

/** The secret has 256 random bits, so nothing slower is needed. */
function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

/** Refresh tokens that were given for newer ones. */
export interface UsedTokens {
  has(token: RefreshToken): Promise<boolean>
  /** Until it would not be good any more anyway. */
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
