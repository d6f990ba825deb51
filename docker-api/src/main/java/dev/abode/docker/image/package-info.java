/** Images: their list, their transfer, and the progress of it as the docker CLI shows it. */
package dev.abode.docker.image;
