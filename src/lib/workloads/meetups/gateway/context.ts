import DataLoader from 'dataloader'
import type { Member, Room } from '../chat/contract.ts'
import type { Image } from '../image/contract.ts'
import type { Application, Post } from '../post/contract.ts'
import { RpcError } from '../rpc/errors.ts'
import type { Clients } from '../services.ts'
import { type User, issuer, type UserService } from '../user/contract.ts'
import { createRemoteJWKSet, customFetch, errors, jwtVerify } from 'jose'

/** Reads by key; what is asked for in the same step is one call of a service. */
export interface Loaders {
  readonly users: DataLoader<string, User | null>
  readonly posts: DataLoader<string, Post | null>
  readonly rooms: DataLoader<string, Room | null>
  readonly applications: DataLoader<string, readonly Application[]>
  readonly images: DataLoader<string, readonly Image[]>
  readonly members: DataLoader<string, readonly Member[]>
}

export interface GatewayContext {
  readonly clients: Clients
  /** Where it is asked from, as `callerOf` tells it; empty over a WebSocket, where nothing depends on it. */
  readonly caller: string
  readonly loaders: Loaders
  /** The account that asks; null where nobody is logged in. Throws `unauthenticated` for a token that is not good. */
  findViewer(): Promise<string | null>
  /** The account that asks. Throws `unauthenticated`. */
  requireViewer(): Promise<string>
}

/** For one request, or one connection: `lasting` keeps nothing that was read. */
export function createContext(
  clients: Clients,
  verify: VerifyToken,
  authorization: string | undefined,
  lasting: boolean,
  caller: string,
): GatewayContext {
  let viewer: Promise<string | null> | null = null

  async function readViewer(): Promise<string | null> {
    if (authorization === undefined || authorization === '') return null
    const [, token] = /^Bearer ([\w.-]{1,2000})$/i.exec(authorization) ?? []
    if (token === undefined) throw new RpcError('unauthenticated', 'The authorization is no Bearer token')
    return verify(token)
  }

  // A token that was good when a connection began may be too old by now.
  const findViewer = () => (lasting ? readViewer() : (viewer ??= readViewer()))
  return {
    clients,
    caller,
    loaders: createLoaders(clients, !lasting),
    findViewer,
    async requireViewer() {
      const id = await findViewer()
      if (id === null) throw new RpcError('unauthenticated', 'Log in first')
      return id
    },
  }
}

function createLoaders(clients: Clients, cache: boolean): Loaders {
  const one = <Row extends { readonly id: string }>(read: (ids: string[]) => Promise<readonly Row[]>) =>
    new DataLoader<string, Row | null>(
      async (ids) => {
        const rows = new Map((await read([...new Set(ids)])).map((row) => [row.id, row]))
        return ids.map((id) => rows.get(id) ?? null)
      },
      { cache },
    )
  const many = <Row extends object>(ownerOf: (row: Row) => string, read: (ids: string[]) => Promise<readonly Row[]>) =>
    new DataLoader<string, readonly Row[]>(
      async (ids) => {
        const rows = Map.groupBy(await read([...new Set(ids)]), ownerOf)
        return ids.map((id) => rows.get(id) ?? [])
      },
      { cache },
    )
  return {
    users: one(async (ids) => (await (await clients.get('UserService')).getUsers({ ids })).users),
    posts: one(async (ids) => (await (await clients.get('PostService')).getPosts({ ids })).posts),
    rooms: one(async (roomIds) => (await (await clients.get('ChatService')).getRooms({ roomIds })).rooms),
    applications: many(
      ({ postId }) => postId,
      async (postIds) => (await (await clients.get('PostService')).getApplications({ postIds })).applications,
    ),
    images: many(
      ({ ownerId }) => ownerId,
      async (ownerIds) => (await (await clients.get('ImageService')).getImages({ ownerIds })).images,
    ),
    members: many(
      ({ roomId }) => roomId,
      async (roomIds) => (await (await clients.get('ChatService')).getMembers({ roomIds })).members,
    ),
  }
}

/** Returns the account that a token is for. Throws `unauthenticated` for one that is not good, or not any more. */
export type VerifyToken = (token: string) => Promise<string>

/** Keys are not asked for more often, whatever key a token names, ms. */
const askAgainMs = 10_000

/** Verifies id tokens with the public keys of the user service, which are asked for when they are first needed. */
export function createVerifier(getUserService: () => Promise<Pick<UserService, 'getPublicKeys'>>): VerifyToken {
  // Nothing is at this address: the service itself is asked.
  const keys = createRemoteJWKSet(new URL('http://user-service/'), {
    cooldownDuration: askAgainMs,
    cacheMaxAge: Infinity,
    [customFetch]: async () => new Response((await (await getUserService()).getPublicKeys({})).jwks),
  })
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, keys, { issuer, algorithms: ['EdDSA'] })
      return payload.sub as string
    } catch (error) {
      if (error instanceof errors.JOSEError) throw new RpcError('unauthenticated', 'The id token is not good', error)
      throw error
    }
  }
}
