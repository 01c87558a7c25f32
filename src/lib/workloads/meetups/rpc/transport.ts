import {
  type ChannelOptions,
  type ServerOptions,
  Metadata,
  ServerInterceptingCall,
  type ServerInterceptor,
} from '@grpc/grpc-js'
import { isSameSecret } from '../../shared/http/caller.ts'
import { refusedSecret } from './errors.ts'

/** Where services listen, and are looked for, unless told. */
export const loopback = '127.0.0.1'

/** How both sides of a connection are set. */
export const channelOptions: ChannelOptions = {
  // Two servers on the same port would share its calls; the second has to be told.
  'grpc.so_reuseport': 0,
  // Calls between parts are no proxy's business.
  'grpc.enable_http_proxy': 0,
  // One that was restarted is found again soon.
  'grpc.initial_reconnect_backoff_ms': 50,
  'grpc.min_reconnect_backoff_ms': 50,
  'grpc.max_reconnect_backoff_ms': 500,
  // Names are asked for again as soon, since a pod that was made anew has another address.
  'grpc.dns_min_time_between_resolutions_ms': 1000,
  // How calls are made is not left to the owner of a name, who could have them made twice.
  'grpc.service_config_disable_resolution': 1,
  // A client that is closed closes its connection, whoever else has one.
  'grpc.use_local_subchannel_pool': 1,
}

/** How a server deals with connections on which nothing comes any more: from whoever died, and from whoever never asks. */
export const serverOptions: ServerOptions = {
  ...channelOptions,
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 10_000,
  'grpc.max_connection_idle_ms': 300_000,
}

/** For servers that callers find by a name: they ask for its addresses again once a minute, and so find replicas that were added. */
export const replicaOptions: ServerOptions = { 'grpc.max_connection_age_ms': 60_000 }

const header = 'authorization'

/** gRPC's own health check, which says nothing about anybody, is for whoever supervises the process. */
const openPath = '/grpc.health.v1.Health/'

/** The metadata by which a call shows that it comes from another part of the same workload. */
export function secretMetadata(secret: string): Metadata {
  const metadata = new Metadata()
  metadata.set(header, `Bearer ${secret}`)
  return metadata
}

/** Refuses every call without the secret, before anything of it is read: whence it comes is no reason to trust it. */
export function requireSecret(secret: string): ServerInterceptor {
  return (method, call) => {
    if (method.path.startsWith(openPath)) return new ServerInterceptingCall(call)
    return new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata(metadata, goOn) {
            const [given] = metadata.get(header)
            if (typeof given === 'string' && isSameSecret(given, `Bearer ${secret}`)) return goOn(metadata)
            call.sendStatus(refusedSecret())
          },
        }),
    })
  }
}
