import { createLocalJWKSet, errors, jwtVerify, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'
import { type UserService, issuer } from '../user/contract.ts'
import { RpcError } from '../rpc/errors.ts'

/** Returns the account that a token is for. Throws `unauthenticated` for one that is not good, or not any more. */
export type VerifyToken = (token: string) => Promise<string>

/** Keys are not asked for more often, whatever key a token names, ms. */
const askAgainMs = 10_000

/** Verifies id tokens with the public keys of the user service, which are asked for when they are first needed. */
export function createVerifier(getUserService: () => Promise<Pick<UserService, 'getPublicKeys'>>): VerifyToken {
  let keys: Promise<JWTVerifyGetKey> | null = null
  let askedAt = -Infinity

  async function askForKeys(): Promise<JWTVerifyGetKey> {
    const { jwks } = await (await getUserService()).getPublicKeys({})
    askedAt = performance.now()
    return createLocalJWKSet(JSON.parse(jwks) as JSONWebKeySet)
  }

  function currentKeys(): Promise<JWTVerifyGetKey> {
    keys ??= askForKeys().catch((error: unknown) => {
      // The next to ask tries again.
      keys = null
      throw error
    })
    return keys
  }

  async function verify(token: string): Promise<string> {
    const { payload } = await jwtVerify(token, await currentKeys(), { issuer, algorithms: ['EdDSA'] })
    return payload.sub as string
  }

  return async (token) => {
    try {
      return await verify(token).catch((error: unknown) => {
        if (!(error instanceof errors.JWKSNoMatchingKey) || performance.now() - askedAt < askAgainMs) throw error
        keys = null
        return verify(token)
      })
    } catch (error) {
      if (error instanceof errors.JOSEError) throw new RpcError('unauthenticated', 'The id token is not good', error)
      throw error
    }
  }
}
