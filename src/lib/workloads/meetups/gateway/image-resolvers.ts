import type { ChatMessage } from '../chat/contract.ts'
import { requireIds, requireThat } from '../checks.ts'
import { ownerKinds, type Image, type OwnerKind, type UploadHeader } from '../image/contract.ts'
import { RpcError } from '../rpc/errors.ts'
import type { GatewayContext } from './context.ts'
import type { Resolvers } from './executable.ts'
import { requireOwner } from './post-resolvers.ts'

/** Images of whatever owners, which list them themselves. */
export const imageResolvers: Resolvers = {
  Mutation: {
    async deleteImage(_root, { id }: { id: string }, context) {
      await context.requireViewer()
      const { ownerKind, ownerId } = await findImage(id, context)
      await requireImageOwner(ownerKind, ownerId, context)
      await (await context.clients.get('ImageService')).deleteImage({ id })
      return true
    },
  },
  Image: { path: ({ id }: Image) => `/images/${id}` },
}

/** The owner of an image. */
type ImageOwner = Required<Pick<UploadHeader, 'ownerId' | 'ownerKind' | 'roomId'>>

/**
 * The owner that a request names, as `post=ID`, `user=ID` or `message=ID`. Throws `invalid` where it names none or several, and
 * what `requireImageOwner` throws.
 */
export async function readImageOwner(
  query: Readonly<Partial<Record<OwnerKind, string | readonly string[]>>>,
  context: GatewayContext,
): Promise<ImageOwner> {
  const named = ownerKinds.filter((kind) => query[kind] !== undefined)
  const [ownerKind] = named
  const ownerId = ownerKind && query[ownerKind]
  await context.requireViewer()
  requireThat(
    ownerKind !== undefined && named.length === 1 && typeof ownerId === 'string',
    'The query',
    'names no post, user or message, or more than one',
  )
  return requireImageOwner(ownerKind as OwnerKind, ownerId as string, context)
}

/**
 * Requires somebody who may add images and remove them: the owner of a post, the user themselves, the author of a message who is still in the
 * room. Throws `unauthenticated`, `forbidden` and `not-found`.
 */
async function requireImageOwner(ownerKind: OwnerKind, ownerId: string, context: GatewayContext): Promise<ImageOwner> {
  const viewer = await context.requireViewer()
  if (ownerKind === 'post') await requireOwner(ownerId, context, 'post')
  if (ownerKind === 'user') {
    requireIds([ownerId], 'user')
    if (ownerId !== viewer) throw new RpcError('forbidden', 'It is not your account')
  }
  if (ownerKind !== 'message') return { ownerKind, ownerId, roomId: '' }
  const { roomId, userId } = await findMessage(ownerId, context)
  await requireMember(roomId, context)
  if (userId !== viewer) throw new RpcError('forbidden', 'It is not your message')
  return { ownerKind, ownerId, roomId }
}

async function findMessage(id: string, { clients }: GatewayContext): Promise<ChatMessage> {
  requireIds([id], 'message')
  const { messages } = await (await clients.get('ChatService')).getMessages({ ids: [id] })
  if (!messages[0]) throw new RpcError('not-found', 'There is no such message')
  return messages[0]
}

/** Throws `forbidden` for who is in no such room. */
export async function requireMember(roomId: string, { loaders, requireViewer }: GatewayContext): Promise<void> {
  const viewer = await requireViewer()
  if (!(await loaders.members.load(roomId)).some(({ userId }) => userId === viewer))
    throw new RpcError('forbidden', 'You are no member of the room')
}

/** Throws `not-found` where there is no such image; `argument` is what clients call its id. */
export async function findImage(id: string, { clients }: GatewayContext, argument = 'id'): Promise<Image> {
  requireIds([id], argument)
  const { images } = await (await clients.get('ImageService')).getImagesById({ ids: [id] })
  if (!images[0]) throw new RpcError('not-found', 'There is no such image')
  return images[0]
}
