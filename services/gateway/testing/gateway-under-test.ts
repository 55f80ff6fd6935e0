/** A gateway with keys, and services behind it that a test writes itself. */
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { ExecutionContext } from 'ava';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { Environment } from '#chassis/config/settings.ts';
import { type ServiceUnderTest, startUnderTest } from '#chassis/testing/service-under-test.ts';
import type { RedisCluster } from '#lab/stores/redis.ts';
import { gatewayService } from '../service.ts';

const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
const jwks = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'test', alg: 'RS256', use: 'sig' }] });

/** An access token as the user service would sign it. */
export function anAccessToken(roles: readonly string[], subject = 'user-1'): Promise<string> {
  return new SignJWT({ roles })
    .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid: 'test' })
    .setSubject(subject)
    .setIssuer('ecommerce-stack')
    .setAudience('shop')
    .setExpirationTime('10m')
    .sign(privateKey);
}

/** A server that stands for a service; ends with the test. */
export async function startUpstream(
  t: ExecutionContext,
  listener: RequestListener,
): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return { url: `http://127.0.0.1:${address.port}`, server };
}

/** A port on loopback that refuses connections. */
export const deadOrigin = 'http://127.0.0.1:1';

/** The variables of a gateway that uses `redis`. */
export function redisEnvironment(redis: RedisCluster): Environment {
  return { APP_REDIS_NODES: redis.nodeList, APP_REDIS_PASSWORD: redis.password };
}

/** Starts the gateway. Without `redis` it has none, and counts alone. */
export async function startGateway(
  t: ExecutionContext,
  environment: Environment,
  redis?: RedisCluster,
): Promise<ServiceUnderTest> {
  const store = redis === undefined ? { APP_REDIS_NODES: '127.0.0.1:1' } : redisEnvironment(redis);
  return startUnderTest(t, gatewayService, { ...store, APP_IDENTITY_JWKS: jwks, ...environment });
}
