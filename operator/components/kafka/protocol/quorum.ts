import { exchange, type KafkajsBroker } from '../kafkajs.ts';
import { AnswerReader, demandSuccess, int32, list, request, struct, text, uint16, uuid } from './wire.ts';

/** A member of the controllers' quorum as the leader sees it. */
export interface QuorumMember {
  readonly id: number;
  /** Identity of its log directory: another one is another volume. */
  readonly directoryId: string;
  readonly logEnd: number;
  /** When it last asked the leader for records, milliseconds since 1970 by the leader's clock; -1: never. */
  readonly fetchedAt: number;
  /** When it last had everything that the leader had, milliseconds since 1970 by the leader's clock; -1: never. */
  readonly caughtUpAt: number;
}

/** The controllers' quorum by its leader's words. */
export interface Quorum {
  /** The active controller. */
  readonly leaderId: number;
  readonly voters: readonly QuorumMember[];
  /** Brokers, and controllers that have no vote. */
  readonly observers: readonly QuorumMember[];
}

const metadataTopic = '__cluster_metadata';

/** Asks for the quorum; any broker hands the question on to the leader. */
export function describeQuorum(broker: KafkajsBroker): Promise<Quorum> {
  const api = { key: 55, version: 2, name: 'DescribeQuorum' };
  const topics = list([struct(text(metadataTopic), list([struct(int32(0))]))]);
  return exchange(broker, api, request(topics), readQuorum);
}

function readQuorum(answer: Buffer): Quorum {
  const reader = new AnswerReader(answer);
  demandSuccess('DescribeQuorum', reader.int16(), reader.text());
  const topics = reader.list(() =>
    reader.struct(() => {
      reader.text();
      return reader.list(() => reader.struct(() => readPartition(reader)));
    }),
  );
  const quorum = topics[0]?.[0];
  if (quorum === undefined) {
    throw new TypeError('DescribeQuorum answered without a partition');
  }
  return quorum;
}

function readPartition(reader: AnswerReader): Quorum {
  reader.int32();
  demandSuccess('DescribeQuorum', reader.int16(), reader.text());
  const leaderId = reader.int32();
  reader.int32();
  reader.int64();
  const voters = reader.list(() => reader.struct(() => readMember(reader)));
  const observers = reader.list(() => reader.struct(() => readMember(reader)));
  return { leaderId, voters, observers };
}

function readMember(reader: AnswerReader): QuorumMember {
  const id = reader.int32();
  const directoryId = reader.uuid();
  const logEnd = reader.int64();
  const fetchedAt = reader.int64();
  return { id, directoryId, logEnd, fetchedAt, caughtUpAt: reader.int64() };
}

/** One change of the quorum's members. */
export interface VoterChange {
  readonly clusterId: string;
  readonly id: number;
  readonly directoryId: string;
}

/** Gives a controller a vote: it must follow the log already. */
export function addVoter(
  broker: KafkajsBroker,
  change: VoterChange & { readonly host: string; readonly port: number },
): Promise<void> {
  const api = { key: 80, version: 0, name: 'AddRaftVoter' };
  const listener = struct(text('CONTROLLER'), text(change.host), uint16(change.port));
  const fields = [text(change.clusterId), int32(5000), int32(change.id), uuid(change.directoryId), list([listener])];
  return exchange(broker, api, request(...fields), (answer) => readChange('AddRaftVoter', answer));
}

/** Takes a vote away, also of a controller that is gone for ever. */
export function removeVoter(broker: KafkajsBroker, change: VoterChange): Promise<void> {
  const api = { key: 81, version: 0, name: 'RemoveRaftVoter' };
  const fields = [text(change.clusterId), int32(change.id), uuid(change.directoryId)];
  return exchange(broker, api, request(...fields), (answer) => readChange('RemoveRaftVoter', answer));
}

function readChange(name: string, answer: Buffer): void {
  const reader = new AnswerReader(answer);
  reader.int32();
  demandSuccess(name, reader.int16(), reader.text());
}
