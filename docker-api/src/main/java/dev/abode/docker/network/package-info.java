/** Networks, as far as there are any. */
package dev.abode.docker.network;
