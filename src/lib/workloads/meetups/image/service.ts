import { v7 as uuid } from 'uuid'
import type { Store } from '../../../ports/database.ts'
import { requireIds } from '../checks.ts'
import { RpcError } from '../rpc/errors.ts'
import { BlobMissing, type Blobs } from './blobs.ts'
import type { Image, ImageService } from './contract.ts'
import { addImage, closeOwner, requireRoom } from './owners.ts'
import { images, type ImageRow } from './tables.ts'
import { readChunks, readHeader } from './upload.ts'

/** Images whose bytes are in `blobs`. The bytes come first and go first: a row says that they were all there. */
export function createImages(store: Store, blobs: Blobs): ImageService {
  return {
    async upload(parts) {
      const iterator = parts[Symbol.asyncIterator]()
      const { ownerId, contentType } = await readHeader(iterator)
      await requireRoom(store, ownerId)
      const id = uuid()
      let bytes = 0
      await blobs.write(
        id,
        readChunks(iterator, contentType, (count) => (bytes = count)),
      )
      const row = { id, owner_id: ownerId, content_type: contentType, bytes, created_at: Date.now() }
      if (await addImage(store, row)) return toImage(row)
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
    async deleteImagesOf({ ownerId }) {
      requireIds([ownerId], 'ownerId')
      await closeOwner(store, ownerId)
      const found = await store.find(images, { owner_id: ownerId })
      for (const { id } of found) await blobs.remove(id)
      // Last: when this process dies before, the next one still knows what there is to remove.
      const count = await store.remove(images, { owner_id: ownerId })
      return { count }
    },
  }
}

function notFound(): RpcError {
  return new RpcError('not-found', 'There is no such image')
}

function toImage(row: ImageRow): Image {
  const { id, owner_id: ownerId, content_type: contentType, bytes, created_at: createdAt } = row
  return { id, ownerId, contentType, bytes, createdAt }
}
