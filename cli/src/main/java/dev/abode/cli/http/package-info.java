/**
 * HTTP/1.1 on a unix socket, as much of it as the Docker Engine API uses: chunked bodies both ways,
 * connections that are kept, taken over (attach, exec) and half-closed.
 *
 * <p>It is our own because of start-up: {@code java.net.http} knows no unix sockets, and a client
 * that answers in tens of milliseconds can load few classes.
 */
package dev.abode.cli.http;
