/** Networks, and the part of other documents that tells of networks and ports. */
package dev.abode.docker.network;
