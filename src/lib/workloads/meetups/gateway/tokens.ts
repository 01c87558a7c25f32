import { createRemoteJWKSet, customFetch, errors, jwtVerify } from 'jose'
import { RpcError } from '../rpc/errors.ts'
import { issuer, type UserService } from '../user/contract.ts'

/** Returns the account that a token is for. Throws `unauthenticated` for one that is not good, or not any more. */
export type VerifyToken = (token: string) => Promise<string>

/** Keys are not asked for more often, whatever key a token names, ms. */
const askAgainMs = 10_000

/** Verifies id tokens with the public keys of the user service, which are asked for when they are first needed. */
export function createVerifier(getUserService: () => Promise<Pick<UserService, 'getPublicKeys'>>): VerifyToken {
  // Nothing is at this address: the service itself is asked.
  const keys = createRemoteJWKSet(new URL('http://user-service/'), {
    cooldownDuration: askAgainMs,
    cacheMaxAge: Infinity,
    [customFetch]: async () => new Response((await (await getUserService()).getPublicKeys({})).jwks),
  })
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, keys, { issuer, algorithms: ['EdDSA'] })
      return payload.sub as string
    } catch (error) {
      if (error instanceof errors.JOSEError) throw new RpcError('unauthenticated', 'The id token is not good', error)
      throw error
    }
  }
}
