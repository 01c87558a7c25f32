import { cut } from '../../shared/storable-text.ts'
import { RpcError } from '../rpc/errors.ts'
import type { Clients } from '../services.ts'
import { maxReasonLength, type SagaRow } from './tables.ts'

/** Where a saga goes to from where it is. */
export interface Move {
  readonly step: SagaRow['step']
  readonly reason: string
}

/** A saga that has come to its end moves no more. */
export type UnfinishedStep = Exclude<SagaRow['step'], 'approved' | 'rejected'>

/** Steps behind which there is another. */
export const unfinished: readonly UnfinishedStep[] = ['began', 'room-created', 'rejecting']

/** How long a room may fail to be made before the post is rejected, ms. */
const defaultPatienceMs = 60_000

/** Codes of errors that may be over soon: then the step is tried again. */
const mayPass = new Set(['unavailable', 'internal'])

/**
 * Does what a saga has to do next, and says where that leads. Each of these calls does nothing when it is made again.
 * Throws `RpcError` where it has to be tried again.
 */
export async function takeStep(
  saga: SagaRow,
  clients: Pick<Clients, 'get'>,
  patienceMs: number = defaultPatienceMs,
): Promise<Move> {
  if (saga.step === 'began') return createRoom(saga, clients, patienceMs)
  if (saga.step === 'room-created') return approve(saga, clients)
  return undo(saga, clients)
}

async function createRoom(saga: SagaRow, clients: Pick<Clients, 'get'>, patienceMs: number): Promise<Move> {
  try {
    const chat = await clients.get('ChatService')
    await chat.createRoom({ postId: saga.post_id, ownerId: saga.user_id })
    return { step: 'room-created', reason: '' }
  } catch (error) {
    // Perhaps it was made all the same: it is closed then.
    if (passes(error) && Date.now() - saga.updated_at < patienceMs) throw error
    return rejecting('The room could not be made', error)
  }
}

async function approve(saga: SagaRow, clients: Pick<Clients, 'get'>): Promise<Move> {
  try {
    const posts = await clients.get('PostService')
    await posts.approvePost({ id: saga.post_id })
    return { step: 'approved', reason: '' }
  } catch (error) {
    if (passes(error)) throw error
    return rejecting('The post could not be approved', error)
  }
}

async function undo(saga: SagaRow, clients: Pick<Clients, 'get'>): Promise<Move> {
  const { post_id: id, reason } = saga
  const [chat, images, posts] = await Promise.all([
    clients.get('ChatService'),
    clients.get('ImageService'),
    clients.get('PostService'),
  ])
  await chat.closeRoom({ roomId: id })
  await images.deleteImagesOf({ ownerId: id })
  await posts.rejectPost({ id, reason }).catch((error: unknown) => {
    // One that is deleted needs not be rejected.
    if (passes(error)) throw error
  })
  return { step: 'rejected', reason }
}

function passes(error: unknown): boolean {
  return !(error instanceof RpcError) || mayPass.has(error.code)
}

function rejecting(what: string, error: unknown): Move {
  const reason = error instanceof RpcError ? `${what}: ${error.message}` : what
  return { step: 'rejecting', reason: cut(reason, maxReasonLength) }
}
