import type { Post, PostText } from '../post/contract.ts'
import { requireIds } from '../checks.ts'
import { RpcError } from '../rpc/errors.ts'
import type { GatewayContext } from './context.ts'
import type { Resolvers } from './executable.ts'

interface PostsArguments {
  readonly first: number
  readonly after?: string | null
  readonly orderBy: 'CREATED' | 'MEETING'
  readonly descending: boolean
  readonly filter?: {
    readonly prefecture?: number | null
    readonly spotType?: string | null
    readonly fishTypes?: readonly string[] | null
    readonly meetingFrom?: number | null
    readonly meetingTo?: number | null
    readonly open?: boolean | null
    readonly userId?: string | null
  } | null
}

/** Posts and who applies for them: who may change what is decided here, what is possible by the service. */
export const postResolvers: Resolvers = {
  Query: {
    async posts(_root, args: PostsArguments, { clients }) {
      const { filter, ...page } = args
      const { edges, hasNextPage } = await (
        await clients.get('PostService')
      ).listPosts({
        ...page,
        after: page.after ?? '',
        orderBy: page.orderBy === 'MEETING' ? 'meeting' : 'created',
        prefecture: filter?.prefecture ?? 0,
        spotType: filter?.spotType ?? '',
        fishTypes: filter?.fishTypes ?? [],
        meetingFrom: filter?.meetingFrom ?? 0,
        meetingTo: filter?.meetingTo ?? 0,
        openOnly: filter?.open ?? false,
        userId: filter?.userId ?? '',
      })
      return {
        edges: edges.map(({ post, cursor }) => ({ node: post, cursor })),
        pageInfo: {
          hasNextPage,
          hasPreviousPage: page.after !== undefined && page.after !== null && page.after !== '',
          startCursor: edges[0]?.cursor ?? null,
          endCursor: edges.at(-1)?.cursor ?? null,
        },
      }
    },

    /** Shows a post that is not approved to its owner alone. */
    async post(_root, { id }: { id: string }, { loaders, findViewer }) {
      requireIds([id], 'id')
      const post = await loaders.posts.load(id)
      if (!post || post.state === 'approved' || post.userId === (await findViewer())) return post
      return null
    },
  },

  Mutation: {
    async createPost(_root, { input }: { input: PostText }, { clients, requireViewer }) {
      const userId = await requireViewer()
      return (await clients.get('PostService')).createPost({ ...input, userId, id: '' })
    },

    async updatePost(_root, { id, input }: { id: string; input: PostText }, context) {
      await requireOwner(id, context)
      return (await context.clients.get('PostService')).updatePost({ ...input, id })
    },

    async deletePost(_root, { id }: { id: string }, context) {
      await requireOwner(id, context)
      await (await context.clients.get('PostService')).deletePost({ id })
      return true
    },

    async createApplyPost(_root, { postId, key }: { postId: string; key?: string | null }, { clients, requireViewer }) {
      const userId = await requireViewer()
      return (await clients.get('PostService')).createApplication({ postId, userId, key: key ?? '' })
    },

    /** Withdraws one's own application: nobody can name another's. */
    async deleteApplyPost(_root, { postId }: { postId: string }, { clients, requireViewer }) {
      const userId = await requireViewer()
      await (await clients.get('PostService')).deleteApplication({ postId, userId })
      return true
    },
  },

  Post: {
    state: ({ state }: Post) => state.toUpperCase(),
    user: ({ userId }: Post, _args, { loaders }) => loaders.users.load(userId),
    applications: ({ id }: Post, _args, { loaders }) => loaders.applications.load(id),
    images: ({ id }: Post, _args, { loaders }) => loaders.images.load(id),
  },
  Application: { user: ({ userId }: { userId: string }, _args, { loaders }) => loaders.users.load(userId) },
}

/** Throws `forbidden` for who is logged in and does not own the post; `argument` is what clients call its id. */
export async function requireOwner(
  postId: string,
  { loaders, requireViewer }: GatewayContext,
  argument = 'id',
): Promise<void> {
  const viewer = await requireViewer()
  requireIds([postId], argument)
  const post = await loaders.posts.load(postId)
  if (!post) throw new RpcError('not-found', 'There is no such post')
  if (post.userId !== viewer) throw new RpcError('forbidden', 'It is not your post')
}
