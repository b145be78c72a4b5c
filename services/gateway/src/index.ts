export { createReplicaId, gatewayConfig, gatewaySettings, placeCaps } from './config.ts';
export {
  createGateway,
  type DemoHandler,
  type Gateway,
  type GatewayDeps,
  type GatewaySettings,
} from './gateway.ts';
