import {
  loadPackageDefinition,
  type GrpcObject,
  type ServiceClientConstructor,
  type ServiceDefinition,
} from '@grpc/grpc-js'
import { load } from '@grpc/proto-loader'
import { fileURLToPath } from 'node:url'
import type { ChatService } from '../chat/contract.ts'
import type { ImageService } from '../image/contract.ts'
import type { PostService } from '../post/contract.ts'
import type { SagaService } from '../saga/contract.ts'
import type { UserService } from '../user/contract.ts'

/** gRPC's own way to ask a server whether it is there. */
export interface HealthService {
  /** Throws `not-found` for a service that is not served here. */
  check(request: HealthRequest): Promise<HealthState>
  /** Gives the state that `check` returns, at first and whenever it changes. */
  watch(request: HealthRequest, signal: AbortSignal): AsyncIterable<HealthState>
}

interface HealthRequest {
  /** Its name with its package; empty: the process. */
  readonly service: string
}

interface HealthState {
  readonly status: 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN'
}

/** The methods of each gRPC service, for those who serve it and those who call it alike. */
export interface Contracts {
  readonly UserService: UserService
  readonly PostService: PostService
  readonly ChatService: ChatService
  readonly ImageService: ImageService
  readonly SagaService: SagaService
  readonly Health: HealthService
}

export type ContractName = keyof Contracts

/** From here and from `dist` alike. */
const folder = new URL('../../../../../proto/', import.meta.url)

const files = ['health', 'meetups/user', 'meetups/post', 'meetups/chat', 'meetups/image', 'meetups/saga']

let definitions: Promise<Readonly<Record<string, unknown>>> | null = null

/** The definition of a service, as its protobuf file has it; the files are read once. */
export async function definitionOf(name: ContractName): Promise<ServiceDefinition> {
  const found = await (definitions ??= readDefinitions())
  return (found[name] as ServiceClientConstructor).service
}

/** The packages of the protobuf files, in which a service has the type of a namespace. */
interface Packages extends GrpcObject {
  readonly rushbench: { readonly meetups: GrpcObject } & GrpcObject
  readonly grpc: { readonly health: { readonly v1: GrpcObject } & GrpcObject } & GrpcObject
}

async function readDefinitions(): Promise<Readonly<Record<string, unknown>>> {
  const paths = files.map((file) => fileURLToPath(new URL(`${file}.proto`, folder)))
  // Every number here stays within 2^53 - 1.
  const options = { longs: Number, enums: String, defaults: true, oneofs: false }
  const { rushbench, grpc } = loadPackageDefinition(await load(paths, options)) as Packages
  return { ...rushbench.meetups, ...grpc.health.v1 }
}
