import { requireIds } from '../checks.ts'
import { RpcError } from '../rpc/errors.ts'
import type { Sex, User } from '../user/contract.ts'
import type { Resolvers } from './executable.ts'
import { findImage } from './image-resolvers.ts'

interface ProfileArguments {
  readonly email?: string
  readonly name?: string
  readonly introduction?: string
  readonly sex?: Uppercase<Sex> | null
  readonly image?: string | null
}

/** Accounts and logins. */
export const userResolvers: Resolvers = {
  Query: {
    user(_root, { id }: { id: string }, { loaders }) {
      requireIds([id], 'id')
      return loaders.users.load(id)
    },
    async currentUser(_root, _args, { loaders, requireViewer }) {
      const user = await loaders.users.load(await requireViewer())
      if (!user) throw new RpcError('not-found', 'There is no such user any more')
      return user
    },
  },

  Mutation: {
    async createUser(_root, args: { email: string; name: string; password: string }, { clients, caller }) {
      return (await clients.get('UserService')).createUser({ ...args, caller })
    },
    async login(_root, args: { email: string; password: string }, { clients, caller }) {
      return (await clients.get('UserService')).login({ ...args, caller })
    },
    async logout(_root, args: { refreshToken: string }, { clients }) {
      await (await clients.get('UserService')).logout(args)
      return true
    },
    async refreshIDToken(_root, args: { refreshToken: string }, { clients }) {
      return (await clients.get('UserService')).refreshIdToken(args)
    },
    async updateUser(_root, { sex, image, ...rest }: ProfileArguments, context) {
      const id = await context.requireViewer()
      if (typeof image === 'string' && (await findImage(image, context, 'image')).ownerId !== id)
        throw new RpcError('forbidden', 'It is no image of yours')
      return (await context.clients.get('UserService')).updateUser({
        ...rest,
        id,
        // Null takes away, and what is left out stays.
        ...(sex !== undefined && { sex: (sex?.toLowerCase() ?? '') as Sex | '' }),
        ...(image !== undefined && { imageId: image ?? '' }),
      })
    },
    async updatePassword(
      _root,
      args: { oldPassword: string; newPassword: string },
      { clients, caller, requireViewer },
    ) {
      const id = await requireViewer()
      await (await clients.get('UserService')).updatePassword({ ...args, id, caller })
      return true
    },
  },

  LoggedIn: {
    // Who has just logged in sees their own address, though the request had no token yet.
    user: ({ user }: { user: User }) => ({ ...user, isViewer: true }),
  },
  User: {
    async email({ id, email, isViewer }: User & { isViewer?: boolean }, _args, { findViewer }) {
      return isViewer || id === (await findViewer()) ? email : null
    },
    sex: ({ sex }: User) => (sex === '' ? null : sex.toUpperCase()),
    images: ({ id }: User, _args, { loaders }) => loaders.images.load(id),
    async image({ id, imageId }: User, _args, { loaders }) {
      if (imageId === '') return null
      return (await loaders.images.load(id)).find((image) => image.id === imageId) ?? null
    },
  },
}
