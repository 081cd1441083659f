export interface Login {
  readonly user: string
  readonly password: string
}

export interface BrokerSettings {
  /** Addresses of the plain-text listener: the one that the broker binds, and the one that it advertises to clients. */
  readonly plain: { readonly bind: string; readonly advertised: string }
  readonly controller: string
  readonly messageMaxBytes?: number | undefined
  readonly autoCreateTopics?: boolean | undefined
}

/** Names and values of server.properties. */
export interface Settings extends Readonly<Record<string, string>> {
  readonly listeners: string
  readonly 'advertised.listeners': string
}

/** Settings of one node that is broker and controller, quick to start and to restart after a kill. */
export function brokerSettings(settings: BrokerSettings): Settings {
  const { plain, controller, messageMaxBytes, autoCreateTopics = true } = settings
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@${controller}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL',
    listeners: `PLAINTEXT://${plain.bind},CONTROLLER://${controller}`,
    'advertised.listeners': `PLAINTEXT://${plain.advertised}`,
    'num.partitions': '3',
    'auto.create.topics.enable': String(autoCreateTopics),
    ...(messageMaxBytes === undefined ? {} : { 'message.max.bytes': String(messageMaxBytes) }),
    'offsets.topic.num.partitions': '1',
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.num.partitions': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
    // A killed broker can return only after the controller has given up its former session, by default after 9 s.
    'broker.session.timeout.ms': '1500',
    'broker.heartbeat.interval.ms': '300',
  }
}

export interface SecureListener {
  readonly address: string
  readonly login: Login
  readonly keyStore: { readonly path: string; readonly password: string }
}

/** Adds a listener with TLS and SASL: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512. */
export function withSecureListener(
  settings: Settings,
  { address, login: { user, password }, keyStore }: SecureListener,
): Settings {
  const plain = `username="${user}" password="${password}" user_${user}="${password}"`
  const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule required;'
  const listener = 'listener.name.sasl_ssl'
  return {
    ...settings,
    listeners: `${settings.listeners},SASL_SSL://${address}`,
    'advertised.listeners': `${settings['advertised.listeners']},SASL_SSL://${address}`,
    [`${listener}.sasl.enabled.mechanisms`]: 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    [`${listener}.plain.sasl.jaas.config`]: `org.apache.kafka.common.security.plain.PlainLoginModule required ${plain};`,
    [`${listener}.scram-sha-256.sasl.jaas.config`]: scram,
    [`${listener}.scram-sha-512.sasl.jaas.config`]: scram,
    [`${listener}.ssl.keystore.type`]: 'PKCS12',
    [`${listener}.ssl.keystore.location`]: keyStore.path,
    [`${listener}.ssl.keystore.password`]: keyStore.password,
  }
}
