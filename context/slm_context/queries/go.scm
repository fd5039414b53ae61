(function_declaration name: (identifier) @name) @function
(method_declaration name: (field_identifier) @name) @method
(type_declaration (type_spec name: (type_identifier) @name) @class)
(type_declaration (type_alias name: (type_identifier) @name) @type)
(source_file (const_declaration (const_spec name: (identifier) @name) @constant))
(source_file (var_declaration (var_spec name: (identifier) @name) @constant))
(import_spec) @import
(type_declaration (type_spec type: (struct_type (field_declaration_list (field_declaration name: (field_identifier) @name) @field))))
(type_declaration (type_spec type: (struct_type (field_declaration_list (field_declaration !name type: (type_identifier) @name) @base))))
(type_declaration (type_spec type: (struct_type (field_declaration_list (field_declaration !name type: (qualified_type name: (type_identifier) @name)) @base))))
(type_declaration (type_spec type: (interface_type (method_elem name: (field_identifier) @name) @method)))
(type_declaration (type_spec type: (interface_type (type_elem (type_identifier) @name) @base)))
