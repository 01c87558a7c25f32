import { applyIfAbsent } from '../../../adapters/databases/apply-if-absent.ts'
import type { Store } from '../../../ports/database.ts'
import { RpcError } from '../rpc/errors.ts'
import { images, owners, type ImageRow, type OwnerRow } from './tables.ts'

/** The most images of one owner. */
export const maxImages = 10

/** Throws `wrong-state` for an owner that may have no images any more, and `full` for one that has all it may have. */
export async function requireRoom(store: Store, ownerId: string): Promise<void> {
  const row: OwnerRow = { id: ownerId, state: 'open', images: 0 }
  const [result] = await applyIfAbsent(store, [{ guard: null, insert: [], absent: { table: owners, row } }])
  if (result === 'applied') return
  const [owner] = await store.find(owners, { id: ownerId })
  if (owner?.state !== 'open') throw new RpcError('wrong-state', 'The owner is gone')
  if (owner.images >= maxImages) throw new RpcError('full', `The owner has ${maxImages} images already`)
}

/** Stores an image; false where its owner was removed, or got too many, meanwhile. */
export async function addImage(store: Store, row: ImageRow): Promise<boolean> {
  const where = { id: row.owner_id, state: 'open' as const, images: { lt: maxImages } }
  const guard = { table: owners, where, patch: { images: { add: 1 } } }
  const [isStored] = await store.apply([{ guard, insert: [{ table: images, rows: [row] }] }])
  return isStored as boolean
}

/** From now on the owner gets no images, also one that nobody had heard of. */
export async function closeOwner(store: Store, ownerId: string): Promise<void> {
  const row: OwnerRow = { id: ownerId, state: 'removed', images: 0 }
  const [result] = await applyIfAbsent(store, [{ guard: null, insert: [], absent: { table: owners, row } }])
  if (result === 'taken') await store.update(owners, { id: ownerId }, { state: 'removed', images: 0 })
}
