import { availableParallelism } from 'node:os'
import { v7 as uuid } from 'uuid'
import { insertIfAbsent } from '../../../adapters/databases/apply-if-absent.ts'
import type { Store } from '../../../ports/database.ts'
import { readLine, readText, requireIds, requireText } from '../checks.ts'
import { RpcError } from '../rpc/errors.ts'
import { served } from '../rpc/server.ts'
import type { RunningService, ServiceContext } from '../services.ts'
import type { LoggedIn, TokenPair, User, UserService } from './contract.ts'
import { readEmail, hashPassword, isPassword, passwordLength } from './credentials.ts'
import { createHashQueue } from './hash-queue.ts'
import { createLoginGuard, patienceMs } from './login-guard.ts'
import { emails, logins, maxLengths, users, type LoginRow, type UserRow } from './tables.ts'
import {
  createSigner,
  makeRefreshToken,
  readRefreshToken,
  type Signer,
  createUsedTokens,
  type UsedTokens,
} from './tokens.ts'

/** How long tokens are good for, ms. */
const idTokenMs = 60 * 60 * 1000
const refreshTokenMs = 10 * 24 * 60 * 60 * 1000

/** Begins to serve accounts and logins. Throws `cache-unreachable`. */
export async function startUserService({ database: { store }, openCache }: ServiceContext): Promise<RunningService> {
  const methods = createUserService(store, await createSigner(store), createUsedTokens(await openCache()))
  return { contracts: [served('UserService', methods)], async close() {} }
}

/** Accounts and logins in `store`; `now` gives ms since 1970. */
export function createUserService(
  store: Store,
  signer: Signer,
  usedTokens: UsedTokens,
  now: () => number = Date.now,
): UserService {
  const guard = createLoginGuard()
  // A wave of logins waits for itself, and leaves a core to everything else.
  const lanes = Math.max(1, availableParallelism() - 1)
  const queue = createHashQueue({ lanes, patienceMs, patienceOf: guard.patienceOf })
  /** What the passwords of those without an account are held against, so that these take as long as the others. */
  const nobodysHash = hashPassword('nobody has this one')

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

  async function findUser(id: string): Promise<UserRow> {
    const [row] = await store.find(users, { id })
    if (!row) throw new RpcError('not-found', 'There is no such user')
    return row
  }

  /** Throws `too-many` at once where the caller, or whoever asks for that account, has to come again later. */
  function beginProof(caller: string, account: string): (password: string, hash: string) => Promise<boolean> {
    const asker = { kind: 'login', caller, account, isKnown: guard.isKnown(caller, account) } as const
    guard.requireCalm(caller, account)
    queue.requireRoom(asker)
    return async (password, hash) => {
      const isRight = await queue.run(asker, () => isPassword(password, hash))
      guard.note(caller, account, isRight)
      return isRight
    }
  }

  /** Whoever brings a token that is used up or too old: who holds the newer one may be the thief. */
  async function endLogin(id: string): Promise<RpcError> {
    await store.remove(logins, { id })
    return new RpcError('unauthenticated', 'refreshToken is used up or too old, so its login has ended')
  }

  return {
    async createUser({ email: given, name: called, password, caller }): Promise<LoggedIn> {
      const { email, key: account } = readEmail(given)
      const name = readLine(called, 'name', 1, maxLengths.name)
      requirePassword(password, 'password')
      const asker = { kind: 'sign-up', caller, account, isKnown: false } as const
      queue.requireRoom(asker)
      // Nobody has to wait for that.
      if ((await store.find(emails, { email: account })).length > 0) throw taken()
      const id = uuid()
      const row: UserRow = {
        id,
        email,
        name,
        introduction: '',
        password_hash: await queue.run(asker, () => hashPassword(password)),
        created_at: now(),
      }
      const { tokens, row: login } = await pairOf(id, uuid())
      const insert = [
        { table: users, rows: [row] },
        { table: logins, rows: [login] },
      ]
      if (!(await insertIfAbsent(store, emails, { email: account, user_id: id }, insert))) throw taken()
      guard.remember(caller, account)
      return { user: toUser(row), tokens }
    },

    async login({ email, password, caller }): Promise<LoggedIn> {
      const account = readEmail(email).key
      const prove = beginProof(caller, account)
      const [owner] = await store.find(emails, { email: account })
      const [row] = owner ? await store.find(users, { id: owner.user_id }) : []
      const isRight = await prove(password, row?.password_hash ?? (await nobodysHash))
      if (!row || !isRight) throw new RpcError('unauthenticated', 'email and password do not belong together')
      const { tokens, row: login } = await pairOf(row.id, uuid())
      await store.insert(logins, [login])
      return { user: toUser(row), tokens }
    },

    async logout({ refreshToken }) {
      const read = readRefreshToken(refreshToken)
      if (read) await store.remove(logins, { id: read.login, token_hash: read.secretHash })
      return {}
    },

    async refreshIdToken({ refreshToken }): Promise<TokenPair> {
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

    async getUsers({ ids }) {
      requireIds(ids, 'ids')
      if (ids.length === 0) return { users: [] }
      const rows = await store.find(users, { id: { in: [...new Set(ids)] } })
      return { users: rows.map(toUser) }
    },

    async updateUser({ id, ...given }): Promise<User> {
      const name = readLine(given.name, 'name', 1, maxLengths.name)
      const introduction = readText(given.introduction, 'introduction', 0, maxLengths.introduction)
      const row = await findUser(id)
      await store.update(users, { id }, { name, introduction })
      return toUser({ ...row, name, introduction })
    },

    async updatePassword({ id, oldPassword, newPassword, caller }) {
      requirePassword(newPassword, 'newPassword')
      const prove = beginProof(caller, id)
      const { password_hash: old } = await findUser(id)
      if (!(await prove(oldPassword, old))) throw new RpcError('unauthenticated', 'oldPassword is not the password')
      const changed = await store.update(
        users,
        { id, password_hash: old },
        {
          password_hash: await queue.run({ kind: 'login', caller, account: id, isKnown: true }, () =>
            hashPassword(newPassword),
          ),
        },
      )
      if (changed === 0) throw new RpcError('unauthenticated', 'oldPassword is not the password any more')
      await store.remove(logins, { user_id: id })
      return {}
    },

    getPublicKeys: async () => ({ jwks: signer.jwks }),
  }
}

function taken(): RpcError {
  return new RpcError('taken', 'email has an account already')
}

function notGood(): RpcError {
  return new RpcError('unauthenticated', 'refreshToken is not good, or not any more')
}

function toUser({ id, email, name, introduction, created_at: createdAt }: UserRow): User {
  return { id, email, name, introduction, createdAt }
}

function requirePassword(password: string, what: string): void {
  requireText(password.normalize('NFKC'), what, passwordLength.min, passwordLength.max)
}
