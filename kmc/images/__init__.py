"""Reading pictures: conversion of files, Pillow images and arrays to pixels."""
