#!/bin/sh
# The variables are those of Kafka's own kafka-run-class.sh.
home=${KAFKA_HOME:-$(dirname "$0")/..}
: "${KAFKA_HEAP_OPTS:=-Xmx256m}"
: "${KAFKA_JVM_PERFORMANCE_OPTS:=-XX:+UseSerialGC}"
: "${KAFKA_LOG4J_OPTS:=-Dlog4j2.configurationFile=$home/config/log4j2.properties}"
# shellcheck disable=SC2086 # each variable holds several options
exec "${JAVA_HOME:+$JAVA_HOME/bin/}java" $KAFKA_HEAP_OPTS $KAFKA_JVM_PERFORMANCE_OPTS $KAFKA_LOG4J_OPTS $KAFKA_OPTS -cp "$home/libs/*" "$@"
