import type { ChatEvent, ChatMessage, Room } from '../chat/contract.ts'
import { requireIds } from '../checks.ts'
import { RpcError } from '../rpc/errors.ts'
import type { SagaState } from '../saga/contract.ts'
import type { Resolvers } from './executable.ts'
import { follow, resume } from './streams.ts'

/** Rooms, what is said in them, and what becomes of posts. */
export const chatResolvers: Resolvers = {
  Query: {
    async room(_root, { id }: { id: string }, { loaders, requireViewer }) {
      const viewer = await requireViewer()
      requireIds([id], 'id')
      const [room, members] = await Promise.all([loaders.rooms.load(id), loaders.members.load(id)])
      if (room && !members.some(({ userId }) => userId === viewer))
        throw new RpcError('forbidden', 'You are no member of the room')
      return room
    },
  },

  Mutation: {
    async createMessage(
      _root,
      { key, ...rest }: { roomId: string; body: string; key?: string | null },
      { clients, requireViewer },
    ) {
      const userId = await requireViewer()
      return (await clients.get('ChatService')).createMessage({ ...rest, userId, key: key ?? '' })
    },
  },

  Subscription: {
    createPostResult: {
      async subscribe(_root, { sagaId }: { sagaId: string }, { clients, loaders, requireViewer, signal: left }) {
        const viewer = await requireViewer()
        const sagas = await clients.get('SagaService')
        return follow(
          left,
          (signal) => resume<SagaState>(() => sagas.watch({ sagaId }, signal), signal),
          async (state: SagaState) => {
            if (state.postId !== '' && (await loaders.posts.load(state.postId))?.userId !== viewer)
              throw new RpcError('forbidden', 'It is not your post')
            return [{ createPostResult: state }]
          },
        )
      },
    },
    messageAdded: {
      async subscribe(
        _root,
        { roomId, after }: { roomId: string; after?: string | null },
        { clients, requireViewer, signal: left },
      ) {
        const userId = await requireViewer()
        const chat = await clients.get('ChatService')
        return follow(
          left,
          (signal) =>
            resume<ChatEvent>(
              (last) => chat.subscribe({ roomId, userId, after: last?.cursor ?? after ?? '' }, signal),
              signal,
            ),
          async ({ message }) => (message ? [{ messageAdded: message }] : []),
        )
      },
    },
  },

  SagaState: { step: ({ step }: SagaState) => step.toUpperCase().replace('-', '_') },
  Room: {
    post: ({ id }: Room, _args, { loaders }) => loaders.posts.load(id),
    members: ({ id }: Room, _args, { loaders }) => loaders.members.load(id),
    async messages(
      { id: roomId }: Room,
      { first, before }: { first: number; before?: string | null },
      { clients, requireViewer },
    ) {
      const userId = await requireViewer()
      return (await clients.get('ChatService')).listMessages({ roomId, userId, first, before: before ?? '' })
    },
  },
  Member: { user: ({ userId }: { userId: string }, _args, { loaders }) => loaders.users.load(userId) },
  Message: {
    user: ({ userId }: ChatMessage, _args, { loaders }) => loaders.users.load(userId),
    images: ({ id }: ChatMessage, _args, { loaders }) => loaders.images.load(id),
  },
}
