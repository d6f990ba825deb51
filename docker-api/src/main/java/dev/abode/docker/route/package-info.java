/** Which request goes where: a table of methods and path patterns. */
package dev.abode.docker.route;
