export { gatewayConfig, gatewaySettings } from './config.ts';
export { createGateway, type Gateway, type GatewayDeps, type GatewaySettings } from './gateway.ts';
