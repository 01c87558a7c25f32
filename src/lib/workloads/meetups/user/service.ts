import { v7 as uuid } from 'uuid'
import { applyIfAbsent, insertIfAbsent } from '../../../adapters/databases/apply-if-absent.ts'
import type { Store } from '../../../ports/database.ts'
import { readLine, readText, requireIds, requireOneOf, requireText } from '../checks.ts'
import { RpcError } from '../rpc/errors.ts'
import { served } from '../rpc/server.ts'
import type { RunningService, ServiceContext } from '../services.ts'
import { sexes, type LoggedIn, type User, type UserService } from './contract.ts'
import { hashPassword, passwordLength, readEmail, type ReadEmail } from './credentials.ts'
import { createPasswordChecks } from './password-checks.ts'
import { createSessions, createSigner, createUsedTokens, type Signer, type UsedTokens } from './tokens.ts'
import { emails, logins, maxLengths, users, type UserRow } from './tables.ts'

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
  const passwords = createPasswordChecks()
  const { pairOf, logout, refreshIdToken } = createSessions(store, signer, usedTokens, now)
  /** Stands in for the hash of those without an account, so that they take as long as the others. */
  const nobodysHash = hashPassword('nobody has this one')

  return {
    async createUser({ email: given, name: called, password, caller }): Promise<LoggedIn> {
      const { email, key: account } = readEmail(given)
      const name = readLine(called, 'name', 1, maxLengths.name)
      requirePassword(password, 'password')
      const hash = passwords.beginSignUp(caller, account)
      // Looked up first, since nobody has to wait for it.
      if ((await store.find(emails, { email: account })).length > 0) throw taken()
      const id = uuid()
      const row: UserRow = {
        id,
        email,
        name,
        introduction: '',
        password_hash: await hash(password),
        created_at: now(),
        sex: '',
        image_id: '',
      }
      const { tokens, row: login } = await pairOf(id, uuid())
      const insert = [
        { table: users, rows: [row] },
        { table: logins, rows: [login] },
      ]
      if (!(await insertIfAbsent(store, emails, { email: account, user_id: id }, insert))) throw taken()
      passwords.remember(caller, account)
      return { user: toUser(row), tokens }
    },

    async login({ email, password, caller }): Promise<LoggedIn> {
      const account = readEmail(email).key
      const prove = passwords.beginProof(caller, account)
      const [owner] = await store.find(emails, { email: account })
      const [found] = owner ? await store.find(users, { id: owner.user_id }) : []
      // A process may have died between the new address and the end of the old one.
      const row = found && readEmail(found.email).key === account ? found : undefined
      const isRight = await prove(password, row?.password_hash ?? (await nobodysHash))
      if (!row || !isRight) throw new RpcError('unauthenticated', 'email and password do not belong together')
      const { tokens, row: login } = await pairOf(row.id, uuid())
      await store.insert(logins, [login])
      return { user: toUser(row), tokens }
    },

    logout,
    refreshIdToken,

    ...createProfiles(store),

    async updatePassword({ id, oldPassword, newPassword, caller }) {
      requirePassword(newPassword, 'newPassword')
      const prove = passwords.beginProof(caller, id)
      const { password_hash: old } = await findUser(store, id)
      if (!(await prove(oldPassword, old))) throw new RpcError('unauthenticated', 'oldPassword is not the password')
      const changed = await store.update(
        users,
        { id, password_hash: old },
        { password_hash: await passwords.hashKnown(caller, id, newPassword) },
      )
      if (changed === 0) throw new RpcError('unauthenticated', 'oldPassword is not the password any more')
      await store.remove(logins, { user_id: id })
      return {}
    },

    getPublicKeys: async () => ({ jwks: signer.jwks }),
  }
}

/** Reads and changes what accounts show of themselves. */
function createProfiles(store: Store): Pick<UserService, 'getUsers' | 'updateUser'> {
  return {
    async getUsers({ ids }) {
      requireIds(ids, 'ids')
      if (ids.length === 0) return { users: [] }
      const rows = await store.find(users, { id: { in: [...new Set(ids)] } })
      return { users: rows.map(toUser) }
    },

    async updateUser({ id, ...given }): Promise<User> {
      const patch = readProfile(given)
      const email = isGiven(given.email) ? readEmail(given.email) : null
      const row = await findUser(store, id)
      if (email) await moveAddress(store, row, email)
      if (Object.keys(patch).length > 0) await store.update(users, { id }, patch)
      return toUser({ ...row, ...patch, ...(email && { email: email.email }) })
    },
  }
}

type Profile = Omit<Parameters<UserService['updateUser']>[0], 'id'>

/** Over gRPC nothing is null, in this process undefined. */
function isGiven<Value>(value: Value | null | undefined): value is Value {
  return value !== undefined && value !== null
}

/** The columns that are to be changed. */
function readProfile({ name, introduction, sex, imageId }: Profile): Partial<UserRow> {
  if (isGiven(sex) && sex !== '') requireOneOf(sex, 'sex', sexes)
  if (isGiven(imageId) && imageId !== '') requireIds([imageId], 'image')
  return {
    ...(isGiven(name) && { name: readLine(name, 'name', 1, maxLengths.name) }),
    ...(isGiven(introduction) && {
      introduction: readText(introduction, 'introduction', 0, maxLengths.introduction),
    }),
    ...(isGiven(sex) && { sex }),
    ...(isGiven(imageId) && { image_id: imageId }),
  }
}

/** Gives an account another address, and the old one free. Throws `taken` where another account has it. */
async function moveAddress(store: Store, row: UserRow, { email, key }: ReadEmail): Promise<void> {
  const { id, email: before } = row
  const old = readEmail(before).key
  if (key === old) {
    await store.update(users, { id }, { email })
    return
  }
  const guard = { table: users, where: { id, email: before }, patch: { email } }
  const [result] = await applyIfAbsent(store, [{ guard, absent: { table: emails, row: { email: key, user_id: id } } }])
  if (result === 'taken') throw taken()
  if (result === 'refused') throw new RpcError('unavailable', 'The account is changed all the time')
  await store.remove(emails, { email: old, user_id: id })
}

async function findUser(store: Store, id: string): Promise<UserRow> {
  const [row] = await store.find(users, { id })
  if (!row) throw new RpcError('not-found', 'There is no such user')
  return row
}

function taken(): RpcError {
  return new RpcError('taken', 'email has an account already')
}

function toUser({ id, email, name, introduction, created_at: createdAt, sex, image_id: imageId }: UserRow): User {
  return { id, email, name, introduction, createdAt, sex, imageId }
}

function requirePassword(password: string, what: string): void {
  requireText(password.normalize('NFKC'), what, passwordLength.min, passwordLength.max)
}
