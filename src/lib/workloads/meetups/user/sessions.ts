import type { Store } from '../../../ports/database.ts'
import { RpcError } from '../rpc/errors.ts'
import type { TokenPair, UserService } from './contract.ts'
import { logins, type LoginRow } from './tables.ts'
import { makeRefreshToken, readRefreshToken, type Signer, type UsedTokens } from './tokens.ts'

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
