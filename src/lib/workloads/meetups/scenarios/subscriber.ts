import type { Socket, VirtualUser } from '../../../ports/scenario.ts'
import { deliveryAttempt, type Delivered } from '../ledger.ts'

/** A member who is told of what is said in a room. */
export interface Subscriber extends Delivered {
  readonly socket: Socket
}

const messageAdded = `subscription messageAdded($roomId: ID!, $after: ID) {
  messageAdded(roomId: $roomId, after: $after) { id }
}`

interface Frame {
  readonly type: string
  readonly payload?: {
    readonly data?: { readonly messageAdded: { readonly id: string } } | null
    readonly errors?: readonly object[]
  }
}

/** Follows a room from behind the message `after` on; null where there is no connection. */
export async function subscribe(
  user: VirtualUser,
  delivered: Delivered,
  after: string,
  idToken: string,
): Promise<Subscriber | null> {
  const socket = await user.connect({
    step: 'connect',
    path: '/graphql',
    protocol: 'graphql-transport-ws',
    hello: JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${idToken}` } }),
    isReady: (text) => frameOf(text).type === 'connection_ack',
  })
  if (!socket) return null
  const variables = { roomId: delivered.roomId, after }
  const payload = { operationName: 'messageAdded', query: messageAdded, variables }
  socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload }))
  return { ...delivered, socket }
}

/**
 * Waits for an acknowledged message, and notes whatever has come up to it. Throws where the subscription was ended, which
 * the server does only for a reason.
 */
export async function awaitMessage(user: VirtualUser, subscriber: Subscriber, messageId: string): Promise<void> {
  const { socket } = subscriber
  const come: string[] = []
  let isEnded = false
  const text = await user.receive(socket, {
    step: 'messageAdded',
    // What was sent on the socket was only the subscription.
    since: 'request',
    accept(given) {
      const { type, payload } = frameOf(given)
      const id = type === 'next' ? payload?.data?.messageAdded.id : undefined
      if (id !== undefined) come.push(id)
      isEnded = type === 'error' || type === 'complete' || (type === 'next' && id === undefined)
      return isEnded || id === messageId
    },
  })
  for (const id of come) await user.ledger.record({ ...deliveryAttempt(subscriber, id), outcome: 'booked', id })
  if (isEnded) {
    socket.close()
    throw new Error(`the subscription was ended: ${text?.slice(0, longestReason)}`)
  }
  if (text === null && socket.isOpen)
    await user.ledger.record({ ...deliveryAttempt(subscriber, messageId), outcome: 'failed' })
}

const longestReason = 200

function frameOf(text: string): Frame {
  return JSON.parse(text) as Frame
}
