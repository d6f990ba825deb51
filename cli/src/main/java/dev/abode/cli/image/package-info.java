/** The verbs on images and registries. */
package dev.abode.cli.image;
