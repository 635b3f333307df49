import { MillraceError, type SecretRef } from '../../sdk/model/index.js';

/** How Kafka is reached. */
export interface KafkaConnection {
  /** `host:port` of one or more brokers to ask first, as a list or with commas between. */
  readonly bootstrapServers: string | readonly string[];
  /** The name under which brokers log this client; `millrace` when absent. */
  readonly clientId?: string;
  /** Encrypts the connection, with the certificate authorities that Node trusts. */
  readonly ssl?: boolean;
  readonly sasl?: KafkaSasl;
}

export interface KafkaSasl {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  /** A reference, made by `option.secret`: looked up where the connection is made, and never part of a plan. */
  readonly password: SecretRef;
}

/** The brokers as a list. Throws KAFKA_OPTIONS when there is none or one has no port. */
export function brokerList(servers: KafkaConnection['bootstrapServers']): string[] {
  const list = (typeof servers === 'string' ? servers.split(',') : [...servers])
    .map((one) => one.trim())
    .filter(Boolean);
  const wrong = list.find((one) => !/^(\[[0-9a-fA-F:.]+\]|[^:\s]+):\d{1,5}$/.test(one));
  if (list.length > 0 && wrong === undefined) return list;
  throw new MillraceError(
    'KAFKA_OPTIONS',
    'options',
    wrong === undefined ? 'bootstrapServers is empty' : `bootstrapServers: expected host:port, got "${wrong}"`,
    { hint: 'for example --bootstrapServers=127.0.0.1:9092' },
  );
}
