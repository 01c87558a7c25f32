import { v7 as uuid } from 'uuid'
import type { Store } from '../../../ports/database.ts'
import { requireIds } from '../checks.ts'
import { RpcError } from '../rpc/errors.ts'
import { BlobMissing, type Blobs, openDiskBlobs } from './blobs.ts'
import type { Image, ImageService } from './contract.ts'
import { images, type ImageRow, owners, type OwnerRow, removals } from './tables.ts'
import { readChunks, readHeader } from './upload.ts'
import { applyIfAbsent, insertIfAbsent } from '../../../adapters/databases/apply-if-absent.ts'
import { consumeEvents, type MeetupEvent } from '../events.ts'
import { served } from '../rpc/server.ts'
import type { RunningService, ServiceContext } from '../services.ts'

/** Opens `disk:PATH` or `s3://BUCKET/PREFIX`. Throws `images-unusable`. */
async function openBlobs(place: string): Promise<Blobs> {
  if (place.startsWith('disk:')) return openDiskBlobs(place.slice('disk:'.length))
  const { openS3Blobs } = await import('./s3-blobs.ts')
  return openS3Blobs(place)
}

/** Starts the image service, with its bytes in `place`. Throws `broker-unreachable` and `images-unusable`. */
export async function startImageService(context: ServiceContext, place: string): Promise<RunningService> {
  const { store } = context.database
  const blobs = await openBlobs(place)
  const service = createImages(store, blobs)
  const consumer = await consumeEvents(context, 'image', (events) => removeImages(service, events))
  const stop = new AbortController()
  const sweeping = removeAbandoned(store, blobs, stop.signal).catch(context.onError)
  return {
    contracts: [served('ImageService', service)],
    async close() {
      stop.abort()
      await consumer.close()
      await sweeping
      await blobs.close()
    },
  }
}

/** Removes the images of posts that were deleted; the same events again change nothing. */
export async function removeImages(
  service: Pick<ImageService, 'deleteImagesOf'>,
  events: readonly MeetupEvent[],
): Promise<void> {
  for (const { type, payload } of events) {
    if (type === 'post-deleted') await service.deleteImagesOf({ ownerId: payload.postId })
  }
}

/** Images whose bytes are in `blobs`. The bytes come first and go first: a row says that they were all there. */
export function createImages(store: Store, blobs: Blobs): ImageService {
  return {
    async upload(parts) {
      const iterator = parts[Symbol.asyncIterator]()
      const { ownerId, ownerKind, roomId, contentType } = await readHeader(iterator)
      if (roomId !== '') await requireOpen(store, roomId)
      await requireRoom(store, ownerId)
      const id = uuid()
      let bytes = 0
      await blobs.write(
        id,
        readChunks(iterator, contentType, (count) => (bytes = count)),
      )
      const row: ImageRow = {
        id,
        owner_id: ownerId,
        content_type: contentType,
        bytes,
        created_at: Date.now(),
        owner_kind: ownerKind,
        room_id: roomId,
      }
      if (await addImage(store, row)) {
        // Closed meanwhile, the room has perhaps not seen this one: who closes it looks for images after that.
        if (roomId !== '') await requireOpen(store, roomId, () => removeAll(store, blobs, { owner_id: ownerId }))
        return toImage(row)
      }
      await blobs.remove(id)
      await requireRoom(store, ownerId)
      throw new RpcError('unavailable', 'The owner is changed all the time')
    },
    async *download({ id }, signal) {
      requireIds([id], 'id')
      const [row] = await store.find(images, { id })
      if (!row) throw notFound()
      try {
        for await (const chunk of blobs.read(id)) {
          if (signal.aborted) return
          yield { chunk }
        }
      } catch (error) {
        throw error instanceof BlobMissing ? notFound() : error
      }
    },
    async getImages({ ownerIds }) {
      requireIds(ownerIds, 'ownerIds')
      const found = await store.find(images, { owner_id: { in: ownerIds } }, { orderBy: ['owner_id', 'id'] })
      return { images: found.map(toImage) }
    },
    async getImagesById({ ids }) {
      requireIds(ids, 'ids')
      return { images: (await store.find(images, { id: { in: ids } })).map(toImage) }
    },
    async deleteImage({ id }) {
      requireIds([id], 'id')
      const [row] = await store.find(images, { id })
      if (!row) throw notFound()
      // With its place; a second one finds that it is being removed.
      const guard = {
        table: owners,
        where: { id: row.owner_id, state: 'open' as const, images: { gt: 0 } },
        patch: { images: { add: -1 } },
      }
      const absent = { table: removals, row: { id, owner_id: row.owner_id, done: 0 } }
      const [result] = await applyIfAbsent(store, [{ guard, absent }])
      if (result !== 'applied') throw notFound()
      await finishRemoval(store, blobs, id)
      return {}
    },
    async deleteImagesOf({ ownerId }) {
      requireIds([ownerId], 'ownerId')
      const count = await removeAll(store, blobs, { owner_id: ownerId })
      // What was said in the room of a post goes with it.
      return { count: count + (await removeAll(store, blobs, { room_id: ownerId })) }
    },
  }
}

function notFound(): RpcError {
  return new RpcError('not-found', 'There is no such image')
}

function toImage(row: ImageRow): Image {
  const { id, owner_id: ownerId, owner_kind: ownerKind, room_id: roomId, content_type: contentType, bytes } = row
  return { id, ownerId, ownerKind, roomId, contentType, bytes, createdAt: row.created_at }
}

/** Closes whoever owns such images, and removes all; how many. */
async function removeAll(
  store: Store,
  blobs: Blobs,
  where: { readonly owner_id: string } | { readonly room_id: string },
): Promise<number> {
  if ('owner_id' in where) await closeOwner(store, where.owner_id)
  const found = await store.find(images, where)
  if ('room_id' in where) for (const id of new Set(found.map((row) => row.owner_id))) await closeOwner(store, id)
  for (const { id } of found) await blobs.remove(id)
  // Last: when this process dies before, the next one still knows what there is to remove.
  return store.remove(images, where)
}

/** In this order: when this process dies between, the next one goes on. */
async function finishRemoval(store: Store, blobs: Blobs, id: string): Promise<void> {
  await blobs.remove(id)
  await store.remove(images, { id })
  await store.update(removals, { id }, { done: 1 })
}

/** Throws `wrong-state` where a room was closed, once `before` has run. */
async function requireOpen(store: Store, roomId: string, before = async (): Promise<unknown> => null): Promise<void> {
  const [room] = await store.find(owners, { id: roomId })
  if (room?.state !== 'removed') return
  await before()
  throw new RpcError('wrong-state', 'The room is closed')
}

export const maxImages = 10

/** Throws `wrong-state` for an owner that may have no images any more, and `full` for one that has all it may have. */
async function requireRoom(store: Store, ownerId: string): Promise<void> {
  const row: OwnerRow = { id: ownerId, state: 'open', images: 0 }
  if (await insertIfAbsent(store, owners, row)) return
  const [owner] = await store.find(owners, { id: ownerId })
  if (owner?.state !== 'open') throw new RpcError('wrong-state', 'The owner is gone')
  if (owner.images >= maxImages) throw new RpcError('full', `The owner has ${maxImages} images already`)
}

/** Stores an image; false where its owner was removed, or got too many, meanwhile. */
async function addImage(store: Store, row: ImageRow): Promise<boolean> {
  const where = { id: row.owner_id, state: 'open' as const, images: { lt: maxImages } }
  const guard = { table: owners, where, patch: { images: { add: 1 } } }
  const [isStored] = await store.apply([{ guard, insert: [{ table: images, rows: [row] }] }])
  return isStored as boolean
}

/** From now on the owner gets no images, also one that nobody had heard of. */
async function closeOwner(store: Store, ownerId: string): Promise<void> {
  const row: OwnerRow = { id: ownerId, state: 'removed', images: 0 }
  if (!(await insertIfAbsent(store, owners, row)))
    await store.update(owners, { id: ownerId }, { state: 'removed', images: 0 })
  await store.remove(removals, { owner_id: ownerId, done: 1 })
}

/** Bytes without a row that are so old belong to no upload that is under way, ms. */
const abandonedMs = 3_600_000

const batchSize = 500

/** Goes on where a process died that removed images, and removes bytes that no row tells of, which processes left that were killed in the middle of an upload; how many. */
export async function removeAbandoned(
  store: Store,
  blobs: Blobs,
  signal: AbortSignal,
  now = Date.now(),
): Promise<number> {
  for (const { id } of await store.find(removals, { done: 0 })) {
    if (signal.aborted) return 0
    await finishRemoval(store, blobs, id)
  }
  let removed = 0
  let batch: string[] = []
  const look = async (): Promise<void> => {
    const known = await store.find(images, { id: { in: batch } }, { columns: ['id'] })
    const kept = new Set(known.map(({ id }) => id))
    const abandoned = batch.filter((name) => !kept.has(name))
    for (const name of abandoned) await blobs.remove(name)
    removed += abandoned.length
    batch = []
  }
  for await (const { name, writtenAt } of blobs.list()) {
    if (signal.aborted) return removed
    if (now - writtenAt < abandonedMs) continue
    batch.push(name)
    if (batch.length >= batchSize) await look()
  }
  await look()
  return removed
}
